"""What changes the filter: a module for each noun."""
