"""What the commands share: options, what they print, evaluations as text."""
