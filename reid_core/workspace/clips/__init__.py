"""Clips of tracklets: what a browser plays of a walk, cut from the recording and kept for a while."""
