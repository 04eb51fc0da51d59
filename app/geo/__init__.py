"""Where things are and how long it takes to drive there."""
