"""A snap from the street, carried to the one person who should see it, until it is closed."""
