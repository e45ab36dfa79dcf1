"""Models of a workspace: which one serves a gallery, calibrated and promoted."""
