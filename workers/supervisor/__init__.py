"""`make run`: the embedded servers and every process of the platform under one supervisor."""
