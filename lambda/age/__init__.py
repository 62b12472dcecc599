"""Measures daily how old each champion is."""
