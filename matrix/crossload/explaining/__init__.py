"""What an error message means: its cause, where it is seen, and what was measured to help."""
