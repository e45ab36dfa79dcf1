"""Recordings, their tracklets and their crops: what an analysis of video keeps in the catalogue."""
