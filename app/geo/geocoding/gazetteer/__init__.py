"""The region's own address index."""
