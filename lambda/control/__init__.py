"""Tells one API's health, models and metrics, and starts trainings."""
