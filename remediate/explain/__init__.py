"""Why a browser refuses: the walk along the hops, near misses, and a plan that fixes it."""
