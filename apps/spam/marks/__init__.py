"""What people say of mail: their marks, what was learned of them, and what others may learn of that."""
