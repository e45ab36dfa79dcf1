"""Recipes, batches, losses, the loop, and the run folder that it fills."""
