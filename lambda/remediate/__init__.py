"""Decides on predictions above their threshold, and acts on them where it may."""
