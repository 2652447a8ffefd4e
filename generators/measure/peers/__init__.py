"""What PyTorch is held against: our C kernels, the vendor's library, other programs."""
