"""Makes moto's CloudFront answer as AWS does; each module says in what."""
