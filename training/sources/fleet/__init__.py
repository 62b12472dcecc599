"""A fleet of made-up storage volumes: their load, their incidents, what is measured and what comes of it."""
