"""Edits of a plan file's text in place."""
