"""Rules: patterns and networks that speak for or against a message, and expressions over what was found."""
