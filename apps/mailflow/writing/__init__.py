"""Writing mail, behind every door that lets people do it: drafts, files, sending with time to think again."""
