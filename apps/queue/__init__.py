"""What we have promised to deliver."""
