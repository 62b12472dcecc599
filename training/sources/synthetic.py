"""Taken: written by the lead and a second helper since 01:25 (generator, realism tests). The features/fio person: leave this file and load.py, do azure_fio.py only."""
