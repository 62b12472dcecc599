"""A fleet of made-up storage resources: what is written to them, what is cleaned up, how full they are."""
