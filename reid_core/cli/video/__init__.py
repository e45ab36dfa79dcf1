"""Commands about video: recordings, their tracklets and clocks, and the detectors that find people in them."""
