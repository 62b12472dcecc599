"""What stands in a data file, what is wrong with it, and whether a model can learn from it. For the desk."""
