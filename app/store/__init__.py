"""What the service keeps: its database, and the rows of stored lists."""
