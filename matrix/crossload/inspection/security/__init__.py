"""What a loader does with what a file carries: canaries, advisories, and which of the two is told."""
