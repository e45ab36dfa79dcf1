"""The folder on disk: catalogue, models, runs and jobs."""
