"""Prospects by resemblance to the best clients."""
