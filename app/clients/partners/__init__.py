"""Who could introduce us."""
