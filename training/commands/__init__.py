"""The commands of `python -m training`. They run at the desk and ship in no job."""
