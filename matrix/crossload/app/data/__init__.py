"""What the commands for the measurements do."""
