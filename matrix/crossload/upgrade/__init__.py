"""Upgrade paths: from a TensorFlow and the files it wrote to another TensorFlow, over measured cells."""
