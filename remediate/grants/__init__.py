"""Origins that are allowed for a limited time, written into plan files."""
