"""AWS's answers about its fleet, from files in the services' own wire shapes.

Where their figures come from: docs/collection.md.
"""
