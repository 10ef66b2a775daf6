"""The SMTP listeners: MX and submission."""
