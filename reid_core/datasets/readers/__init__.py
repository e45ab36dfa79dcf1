"""Readers of data sets, each for one kind of folder or archive."""
