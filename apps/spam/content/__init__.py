"""What a message itself gives away: tricks of HTML, addresses and links, letters that look like others, files. Pure."""

from .examining import examine

__all__ = ["examine"]
