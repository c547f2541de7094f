"""Environments as Docker images, workers as containers. The only package that imports the SDK."""
