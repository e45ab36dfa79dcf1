"""An evaluation as HTML: tables, charts, the policy in sentences."""
