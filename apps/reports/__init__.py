"""What others report about mail in our name, and what we saw of mail in theirs."""
