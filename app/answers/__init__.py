"""Judged rows as people and programs get them."""
