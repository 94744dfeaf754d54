"""One plan, several readers: people at a terminal, pull requests, programs. Display steers nothing."""
