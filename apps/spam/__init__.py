"""How unwanted a message looks."""
