"""One construct a file, named for its role."""
