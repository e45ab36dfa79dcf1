"""How this library is packed into a wheel, finds what was packed, and offers its public names."""
