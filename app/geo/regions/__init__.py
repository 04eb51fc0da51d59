"""Installed map areas: made, chosen, kept, removed."""
