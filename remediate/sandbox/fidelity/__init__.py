"""What the embedded AWS must do as AWS does, and stock moto does not."""
