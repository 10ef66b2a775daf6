"""What we serve, and DNS."""
