"""How mail programs set themselves up: the documents they ask for, written and, where they ask by one, read."""
