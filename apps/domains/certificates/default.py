"""The certificate shown to whoever asks for no name we keep one for: files that are configured, or made by us."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from .files import certificate_paths
from .names import covers
from .queries import SOON, Standing
from .reading import CertificateError, Read, read_pair


@dataclass(frozen=True, slots=True)
class Default:
    """How it stands: `read` is nothing where it cannot be used, and our own is shown in its place."""

    path: Path
    is_ours: bool
    standing: Standing
    read: Read | None = None
    detail: str = ""


def default_status(now: dt.datetime) -> Default:
    """Judge it."""
    chain, key = certificate_paths()
    is_ours = not settings.MAIL_TLS_CERTIFICATE
    try:
        read = read_pair(chain.read_bytes(), key.read_bytes())
    except OSError as error:
        return Default(
            chain, is_ours, Standing.BROKEN, detail=f"{error.filename} cannot be read: {error.strerror}"
        )
    except CertificateError as error:
        return Default(chain, is_ours, Standing.BROKEN, detail=str(error))
    standing = Standing.GOOD
    if read.not_after <= now:
        standing = Standing.EXPIRED
    elif read.not_before > now:
        standing = Standing.NOT_YET
    elif not any(covers(pattern, settings.MAIL_HOSTNAME) for pattern in read.names):
        standing = Standing.STRANGE
    elif read.not_after - now < SOON:
        standing = Standing.SOON
    return Default(chain, is_ours, standing, read)
