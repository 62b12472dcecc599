"""Tells which models there are and how they are."""
