"""Commands about video: recordings, their tracklets and the clocks of their cameras."""
