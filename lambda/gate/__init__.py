"""Judges a candidate on its test split."""
