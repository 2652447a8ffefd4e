"""A small serving loop: arrivals, schedulers, what a request waits for."""
