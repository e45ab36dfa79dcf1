"""What a search looked at: cameras, times, and what is missing, so that "not found" means something."""
