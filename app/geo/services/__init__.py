"""Routing services behind one way of asking: `ask` and `read` are pure, one file a service."""
