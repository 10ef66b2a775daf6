"""Who sent this, and may they: evaluators that yield lookups and judge the answers."""
