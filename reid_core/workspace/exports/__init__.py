"""What leaves a workspace as files: galleries, cases, evaluations."""
