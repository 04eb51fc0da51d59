"""The sample county: a small made-up map of which all is known."""
