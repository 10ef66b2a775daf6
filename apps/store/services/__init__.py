"""The only writers of folders, messages and the change log."""
