"""Whose socket it is: that of the browser's session, for as long as it lasts."""

from apps.accounts import web
from apps.mailboxes.queries import mailboxes_of


def watched_by(cookie: str) -> frozenset[int] | None:
    """Return the mailboxes whose changes the owner of this session may hear of; None when it is over."""
    current = web.current_of_cookie(cookie)
    if current is None:
        return None
    return frozenset(one.mailbox_id for one in mailboxes_of(current.user.id) if "read" in one.rights)
