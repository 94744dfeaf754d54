"""The rules between the values of a plan file, and how a fault is reported."""
