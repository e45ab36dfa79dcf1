"""How well models find a gallery's people, measured and kept."""
