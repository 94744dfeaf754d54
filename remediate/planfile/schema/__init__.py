"""The shape of a plan file: pydantic models, field types, and errors in words."""
