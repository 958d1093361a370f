"""Screenshots of every screen in its states, kept as reviewed images in docs/screens/."""
