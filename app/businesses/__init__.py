"""What is known of a business: sizes, industry, computers, kind; with their tables."""
