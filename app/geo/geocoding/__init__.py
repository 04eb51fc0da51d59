"""Geocoders that somebody else runs or made: each turns addresses into what it said of them."""
