"""What a map shows beside roads: sea, water, green and the names of towns."""
