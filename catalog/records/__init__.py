"""The record schemas that models share."""
