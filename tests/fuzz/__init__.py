"""`make fuzz`: odd input to everything that reads files, tables, recipes, cards, names, options and addresses.

No corpus is kept: each input follows from its target, a seed and its number, so that any of them can be made again.
"""
