"""Commands about recordings, and about the detectors that find people in them."""
