"""What a similarity means, whether that holds for other people, and the words for it."""
