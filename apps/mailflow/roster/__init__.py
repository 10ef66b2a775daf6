"""Users, mailboxes and aliases from a table: its columns named, its rows checked, planned and made one by one."""
