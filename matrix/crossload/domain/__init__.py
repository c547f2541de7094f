"""What everything else speaks of: verdicts, cells, rows, attempts. Pure, and knows neither files nor TensorFlow."""
