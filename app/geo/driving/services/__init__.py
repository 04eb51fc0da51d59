"""Routing services elsewhere, asked for no more than they must be."""
