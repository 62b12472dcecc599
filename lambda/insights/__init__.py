"""Takes records in: checks each, stores the good ones, loses none."""
