"""What a domain should publish in DNS, what it does publish, and what the difference means."""
