"""The catalogue: the one truth about galleries, crops, models, verdicts and who did what."""
