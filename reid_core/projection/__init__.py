"""Vectors to maps that people can look at: neighbours, layouts, how faithful these are, clusters and what they suggest.

Pure functions of arrays. Nothing here knows of files, galleries or pages.
"""
