"""Answers predictions: checks the record, asks the endpoint, falls back to the contract's rule."""
