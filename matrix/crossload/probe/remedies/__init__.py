"""What an attempt does to a file before or instead of the plain load call."""
