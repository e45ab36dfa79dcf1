"""Cases: who is looked for and why, and what analysts decided."""
