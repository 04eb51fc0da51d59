"""Who pays the bills, and what the best of them have in common."""
