"""Training runs: started, watched, compared, and cleaned of crops that were deleted."""
