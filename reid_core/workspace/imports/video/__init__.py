"""What is said of recordings before they come in: by a table, by a first look at their frames, by what is there."""
