"""Letters that mallory and alice write."""

from email.message import EmailMessage


def letter(html: str = "", text: str = "", subject: str = "Hello", **headers: str) -> bytes:
    """Return a message with these texts."""
    message = EmailMessage()
    message["From"] = headers.pop("sender", "mallory <mallory@evil.test>")
    message["To"] = "alice@example.test"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if text or not html:
        message.set_content(text or "Hello")
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message.as_bytes()
