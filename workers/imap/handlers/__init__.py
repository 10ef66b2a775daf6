"""One verb per file; the verb's RFC section is in its first line."""
