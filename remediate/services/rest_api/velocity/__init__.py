"""The template language of REST APIs (Velocity), as far as CORS needs it."""
