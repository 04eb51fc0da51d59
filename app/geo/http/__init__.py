"""Requests to services elsewhere."""
