"""An embedded AWS to break, plan against and repair without an account."""
