"""The one table of actions and what is derived from it: pure, read by all the rest."""
