"""What people do to the map and its people, one use case a file."""
