"""Labels and envelopes: blocks of postal lines, drawn into PDF files."""
