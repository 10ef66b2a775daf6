"""LOGIN, AUTHENTICATE PLAIN and LOGIN (RFC 3501 6.2.2, 6.2.3, RFC 4616, RFC 4959)."""

import asyncio
import logging

from django.conf import settings

from apps.accounts.authentication import Refused, SignedIn
from apps.accounts.authentication import authenticate as check
from apps.accounts.doors import Door
from apps.mailboxes.queries import mailbox_of
from apps.protocols.addresses import Address, AddressError
from apps.protocols.imap import commands as c
from apps.protocols.imap.session import Phase
from apps.store.services import folders
from workers.bridge import db
from workers.imap.answers import (
    CANCELLED,
    NEEDS_APP_PASSWORD,
    NEEDS_TLS,
    NO_MAILBOX,
    REFUSED,
    UNKNOWN_MECHANISM,
    Answer,
    ok,
)
from workers.imap.client import Client, OpenMailbox

log = logging.getLogger(__name__)

MOST_PAUSE = 10.0
"""A client that is throttled waits for its answer at most so many seconds."""


def may_sign_in(client: Client) -> bool:
    """Say whether a password may be sent over this connection."""
    return client.secure or settings.MAIL_PLAINTEXT_AUTH


async def login(client: Client, command: c.Login) -> Answer:
    """Sign in with user name and password."""
    if not may_sign_in(client):
        return NEEDS_TLS
    return await _sign_in(client, command.user, command.password)


async def authenticate(client: Client, command: c.Authenticate) -> Answer:
    """Sign in by a SASL mechanism."""
    if not may_sign_in(client):
        return NEEDS_TLS
    match command.mechanism:
        case "PLAIN":
            return await _plain(client, command.initial)
        case "LOGIN":
            return await _login(client, command.initial)
        case _:
            return UNKNOWN_MECHANISM


async def _plain(client: Client, response: bytes | None) -> Answer:
    if response is None:
        response = await client.ask(b"")
    words = _text(response).split("\0") if response is not None else []
    if len(words) != 3:
        return CANCELLED
    authorize, user, password = words
    if authorize not in ("", user):
        log.info("signing in for another is not allowed", extra={"user": _told(user), "peer": client.peer})
        return REFUSED
    return await _sign_in(client, user, password)


async def _login(client: Client, user: bytes | None) -> Answer:
    if user is None:
        user = await client.ask(b"Username:")
    if user is None:
        return CANCELLED
    password = await client.ask(b"Password:")
    if password is None:
        return CANCELLED
    return await _sign_in(client, _text(user), _text(password))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _told(user: str) -> str:
    """Return a login as the log may hold it: people type passwords where their address belongs."""
    try:
        return Address.parse(user.strip()).key
    except AddressError:
        return "(no address)"


async def _sign_in(client: Client, user: str, password: str) -> Answer:
    outcome = await db(_enter, user, password, client.peer, client.software)
    match outcome:
        case Refused():
            log.info(
                "sign-in refused",
                extra={"user": _told(user), "peer": client.peer, "reason": outcome.reason},
            )
            await asyncio.sleep(min(MOST_PAUSE, max(outcome.pause, outcome.retry_after or 0)))
            return NEEDS_APP_PASSWORD if outcome.needs_app_password else REFUSED
        case signed_in, None:
            log.warning("user without a mailbox", extra={"user": signed_in.address})
            return NO_MAILBOX
        case signed_in, mailbox:
            await client.server.database.perform(folders.ensure_defaults(mailbox.mailbox_id))
            client.user, client.mailbox = signed_in, mailbox
            client.session.phase = Phase.AUTHENTICATED
            log.info("signed in", extra={"user": signed_in.address, "peer": client.peer})
            return ok(b"Logged in", b"CAPABILITY " + client.server.capabilities(client))


def _enter(
    user: str, password: str, peer: str, software: str
) -> Refused | tuple[SignedIn, OpenMailbox | None]:
    """Check the password and find the mailbox, in one crossing."""
    outcome = check(user, password, door=Door.IMAP, peer=peer or None, client=software)
    if isinstance(outcome, Refused):
        return outcome
    mailbox = mailbox_of(outcome.user_id)
    if mailbox is None:
        return outcome, None
    return outcome, OpenMailbox(mailbox.mailbox_id, mailbox.organisation_id, mailbox.private_seen)
