"""Checks of what was read: whole frames, implausible people, names that tell the person."""
