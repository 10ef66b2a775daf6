"""All files of a message in one archive, written while it is sent: it never stands in memory or on a disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.store.contents import StoredMessage
from apps.webmail.access import message_for, unless_damaged
from apps.webmail.attachments import Attachment
from apps.webmail.rendering import Addresses, render

from .parts import disposition, safe_headers, streamed

MOST_FILES = 1000


@require_safe
@unless_damaged
def files(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponseBase:
    """Give every file of a message in a ZIP archive."""
    message = message_for(request, mailbox_id, content_id)
    shown = render(message, Addresses(lambda number: number, lambda _url: None))
    if shown is None or not shown.attachments:
        raise Http404
    name = message.subject[:80].strip() or _("Attachments")
    headers = safe_headers() | {"Content-Disposition": disposition(f"{name}.zip", inline=False)}
    return streamed(request, _zipped(message, shown.attachments[:MOST_FILES]), "application/zip", headers)


class _Pipe(io.RawIOBase):
    """What the archive is written into, and taken out of piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """Keep what was written until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _zipped(message: StoredMessage, attachments: Iterable[Attachment]) -> Iterator[bytes]:
    pipe, names = _Pipe(), set[str]()
    # Not packed: what is attached is packed already, most of it, and so a large mail costs no time of ours.
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for file in attachments:
            part = message.part(file.number)
            if part is None:
                continue
            with archive.open(_unlike(file.name, names), "w") as entry:
                for piece in message.pieces(part):
                    entry.write(piece)
                    yield pipe.take()
    yield pipe.take()


def _unlike(name: str, names: set[str]) -> str:
    """Return a name that no file of the archive has, whatever case their system thinks equal."""
    path, made, n = PurePosixPath(name), name, 1
    while made.casefold() in names:
        n += 1
        made = f"{path.stem} ({n}){path.suffix}"
    names.add(made.casefold())
    return made
