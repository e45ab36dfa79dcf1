"""What is found out before a run: its speed, and which recipe values to try."""
