"""The platform's applications, in layers: see ARCHITECTURE.md."""
