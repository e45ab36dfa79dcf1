"""Vectors to ranked results: exact search with filters, and k-reciprocal re-ranking."""
