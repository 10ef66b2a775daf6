"""Door: the mail in a browser."""
