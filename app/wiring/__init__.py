"""Settings -> live parts."""
