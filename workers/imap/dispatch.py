"""From a command to its handler, and from what goes wrong to an answer that gives nothing away."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from apps.protocols.imap import commands as c
from apps.protocols.imap.events import Request
from apps.protocols.imap.view import NO_EXPUNGE

from . import answers
from .answers import Answer
from .client import Client, ClientGone, FolderGone
from .faults import LOST_DATABASE
from .handlers import (
    append,
    authenticate,
    capability,
    close,
    copy,
    create,
    delete,
    enable,
    expunge,
    fetch,
    idle,
    ids,
    listing,
    logout,
    namespace,
    noop,
    rename,
    search,
    select,
    starttls,
    status,
    store,
    subscribe,
)

log = logging.getLogger(__name__)

type Handler = Callable[[Client, Any], Awaitable[Answer | None]]

HANDLERS: Mapping[type[c.Command], Handler] = {
    c.Append: append.append,
    c.Authenticate: authenticate.authenticate,
    c.Capability: capability.capability,
    c.Check: noop.noop,
    c.Close: close.close,
    c.Copy: copy.copy,
    c.Create: create.create,
    c.Delete: delete.delete,
    c.Enable: enable.enable,
    c.Expunge: expunge.expunge,
    c.Fetch: fetch.fetch,
    c.Id: ids.identify,
    c.Idle: idle.idle,
    c.List: listing.list_folders,
    c.Login: authenticate.login,
    c.Logout: logout.logout,
    c.Lsub: listing.list_subscribed,
    c.Move: copy.move,
    c.Namespace: namespace.namespace,
    c.Noop: noop.noop,
    c.Rename: rename.rename,
    c.Search: search.search,
    c.Select: select.select,
    c.StartTls: starttls.starttls,
    c.Status: status.status,
    c.Store: store.store,
    c.Subscribe: subscribe.subscribe,
    c.Unselect: close.unselect,
    c.Unsubscribe: subscribe.unsubscribe,
}


async def carry_out(client: Client, request: Request) -> None:
    """Carry out a command and answer it; the session lives whatever happens."""
    client.tag = request.tag
    answer = await _answer(client, request)
    if answer is not None:
        client.send(answer.line(request.tag))
    client.flush()


async def _answer(client: Client, request: Request) -> Answer | None:
    try:
        answer = await HANDLERS[type(request.command)](client, request.command)
    except ClientGone:
        raise
    except FolderGone:
        # RFC 2180 3.3: the session cannot go on with a folder that is no more, but it can choose another.
        client.unselect()
        return answers.MAILBOX_GONE
    except Exception as error:  # noqa: BLE001
        refusal = _failed(client, request, error)
        if client.unfinished:
            # Half a line was sent; an answer would be read as the rest of it.
            client.connection.abort()
            raise ClientGone from None
        return refusal
    if client.ref is not None and answer is not None:
        await _tell(client, request)
    return answer


async def _tell(client: Client, request: Request) -> None:
    """Tell the news; what goes wrong now must not make a command fail that was carried out."""
    try:
        await client.news(may_expunge=request.name not in NO_EXPUNGE)
    except FolderGone:
        client.unselect()
        client.send(b"* OK [CLOSED] The selected mailbox was deleted\r\n")
    except Exception as error:  # noqa: BLE001
        _failed(client, request, error)


def _failed(client: Client, request: Request, error: Exception) -> Answer:
    """Note what went wrong, and return what may be said of it."""
    if client.is_gone:
        raise ClientGone from None
    if isinstance(error, LOST_DATABASE):
        log.warning("database lost", extra={"command": request.name, "error": type(error).__name__})
        return answers.UNAVAILABLE
    trace = str(uuid.uuid4())
    log.error("command failed", exc_info=error, extra={"command": request.name, "trace": trace})
    return answers.SERVER_BUG
