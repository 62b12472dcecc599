"""The platform's infrastructure: stacks compose, constructs build."""
