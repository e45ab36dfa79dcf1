"""Maps of a gallery's crops, and what their vectors say about its labels."""
