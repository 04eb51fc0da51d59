"""Many ask at once: each gets what one alone would get, to the last byte, and never a failure."""
