"""Reads a data set from AWS window by window, and writes it to the raw bucket as Parquet."""
