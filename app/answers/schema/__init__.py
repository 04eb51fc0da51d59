"""What answers look like, one file a resource; they are built elsewhere and published here."""
