"""Searches of a gallery: its vectors, its index, and the answers."""
