"""Rankings and pairs: where true matches stand, and which strangers pass a threshold."""
