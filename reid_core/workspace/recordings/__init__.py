"""Recordings as people look at them: a list, a timeline of one, what never moves, and how an analysis goes on."""
