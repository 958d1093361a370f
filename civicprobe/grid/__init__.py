"""The city map and who is on duty in it; knows nothing of reports."""
