"""Long-running processes; a worker translates, it never decides."""
