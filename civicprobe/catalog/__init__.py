"""What a city sets: categories, handling units; later limits and calendars."""
