"""Harmless everyday mail in fourteen languages, written for measuring and never for learning.

Learned filters call what is unfamiliar spam; these messages show it. Nothing here may be trained on: the words of
`<language>.toml` must stay unseen by every prior that ships. `python -m bench.spam.canary DIR` writes them out.
"""

from bench.spam.canary.mails import SORTS, Mail, mails
from bench.spam.canary.texts import languages

__all__ = ["SORTS", "Mail", "languages", "mails"]
