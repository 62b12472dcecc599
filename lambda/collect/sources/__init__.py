"""One module per data set, of its name: `read` answers a page of its rows."""
