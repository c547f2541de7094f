"""What a run consists of: the matrix, the keys of its results, and what the store still lacks."""
