<<<<<<< HEAD
"""Commands about video: recordings, their tracklets and the clocks of their cameras."""
=======
"""Commands about recordings, and about the detectors that find people in them."""
>>>>>>> h-detect
