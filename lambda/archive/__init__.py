"""Carries the table's stream to raw/, where training reads it."""
