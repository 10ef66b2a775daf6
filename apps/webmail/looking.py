"""Searching for the page: what was typed as chips, and what was found a piece at a time."""

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.protocols import searching
from apps.protocols.imap.search import All, And, Key
from apps.protocols.searching import Note, Search, Why
from apps.store.finding import SearchPage, search

from .desk import Desk

ROWS = 50


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of what was typed, and the text without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, how the text was understood, and what was not."""

    page: SearchPage
    chips: tuple[Chip, ...]
    notes: tuple[str, ...]


def look(desk: Desk, text: str, *, after: str = "", limit: int = ROWS) -> Found:
    """Search the open mailbox."""
    what = searching.parse(text, today=timezone.localdate())
    page = search(desk.mailbox_id, what, limit=limit, after=after, user_id=desk.eyes)
    return Found(page, chips(what), tuple(map(_said, what.notes)))


def chips(what: Search) -> tuple[Chip, ...]:
    """Take a search apart."""
    parts: list[tuple[str, Search]] = []
    try:
        for name in what.folders:
            rest = tuple(other for other in what.folders if other != name)
            parts.append((searching.write(Search(folders=(name,))), replace(what, folders=rest)))
        for name in what.not_in:
            rest = tuple(other for other in what.not_in if other != name)
            parts.append((searching.write(Search(not_in=(name,))), replace(what, not_in=rest)))
        for key in _keys(what.key):
            left = tuple(other for other in _keys(what.key) if other is not key)
            without = replace(what, key=And(left) if len(left) > 1 else left[0] if left else All())
            parts.append((searching.write(Search(key)), without))
        return tuple(Chip(said, searching.write(without)) for said, without in parts)
    except ValueError:
        return ()


def _keys(key: Key) -> tuple[Key, ...]:
    match key:
        case All():
            return ()
        case And(keys):
            return tuple(keys)
    return (key,)


def _said(note: Note) -> str:
    said = {
        Why.UNKNOWN_OPERATOR: _("There is no “%(text)s:”; it was looked for as text."),
        Why.UNKNOWN_VALUE: _("“%(text)s” was looked for as text."),
        Why.NO_VALUE: _("Nothing follows “%(text)s:”, so it was left out."),
        Why.FOLDER_INSIDE: _("“in:%(text)s” works only outside of OR and parentheses, so it was left out."),
        Why.TOO_LONG: _("The search was too long; its end was left out."),
    }
    return said[note.why] % {"text": note.text}
