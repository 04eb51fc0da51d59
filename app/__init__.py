"""Sweetspot: who lies within a drive of me and is of the right size."""
