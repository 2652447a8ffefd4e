"""The named numbers of the book: one small function each, found by the pattern of its id."""
