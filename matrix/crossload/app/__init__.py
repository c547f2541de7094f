"""What a command does from beginning to end: run, report, nightly, images, doctor. Printing is the command line's."""
