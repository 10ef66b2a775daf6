"""Every screen there is, filled with something to see, walked through in a real browser."""
