"""What the worker does for statistics."""
