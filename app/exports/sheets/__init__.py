"""What call sheets and routes have in common: pages to print, and what a person reads of a row."""
