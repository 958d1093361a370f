"""The review queue: a report, its photos and place, and the one table of actions that moves it."""
