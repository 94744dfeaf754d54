"""The rules between the values of a plan file, and how diagnostics are reported."""
