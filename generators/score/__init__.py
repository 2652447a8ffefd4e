"""What the world has measured, read as rows of one form; constants fitted to it; and how far predictions were off."""
