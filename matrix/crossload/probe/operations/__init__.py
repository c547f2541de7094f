"""What a child does: save, load, measure."""
