"""What a user wants done with new mail."""
