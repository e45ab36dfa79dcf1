"""What a run records while it trains: curves, predictions, resources, trackers."""
