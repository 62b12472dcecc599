"""Watches daily how old champions are and how far inputs drifted, and starts retraining within bounds."""
