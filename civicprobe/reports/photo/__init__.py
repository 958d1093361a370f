"""What a photo tells and what of it people may see. Nothing here reads a row or knows a report."""
