"""A fleet of storage volumes that never was: its load, its incidents, what is measured and what comes true."""
