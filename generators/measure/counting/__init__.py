"""What a kernel has to read, write and compute: bytes and FLOP, counted from shapes."""
