"""Lists that live in the service: their rows in columns, where each is, what is known of them."""
