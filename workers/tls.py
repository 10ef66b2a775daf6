"""The certificate our doors show, and the context they show it with."""

import contextlib
import datetime as dt
import logging
import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from apps.domains.certificates.files import certificate_paths, local_paths
from apps.domains.certificates.showing import Shown

log = logging.getLogger(__name__)

# TLS 1.2 with forward secrecy and authenticated encryption only; TLS 1.3 brings its own list.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class CertificateError(ValueError):
    """A certificate or key that cannot be used; the text is one line that names the setting."""


def check_pair(certificate: Path, key: Path, now: dt.datetime) -> None:
    """Raise CertificateError unless the pair can be shown to clients now."""
    for name, path in (("MAIL_TLS_CERTIFICATE", certificate), ("MAIL_TLS_KEY", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise CertificateError(f"{name}: {path} cannot be read: {error.strerror}") from None
    # Imported only by who checks: it takes 8 MB of a listener, which has no use for it.
    from cryptography import x509

    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except ValueError:
        raise CertificateError(f"MAIL_TLS_CERTIFICATE: {certificate} holds no PEM certificate") from None
    if leaf.not_valid_after_utc <= now:
        raise CertificateError(
            f"MAIL_TLS_CERTIFICATE: {certificate} expired on {leaf.not_valid_after_utc:%Y-%m-%d}"
        )
    try:
        server_context(certificate, key)
    except (ssl.SSLError, OSError):
        raise CertificateError(f"MAIL_TLS_KEY: {key} is not the key of {certificate}") from None


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a context for a door, with modern defaults."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_cert_chain(certificate, key)
    return context


def server_context_of(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Return the same of a pair that is no file: OpenSSL reads it from memory, so that the key touches no disk."""
    number = os.memfd_create("certificate")
    try:
        with os.fdopen(os.dup(number), "wb") as file:
            file.write(certificate + b"\n" + key)
        path = Path(f"/proc/self/fd/{number}")
        return server_context(path, path)
    finally:
        os.close(number)


def best_pair() -> tuple[Path, Path]:
    """Return the files to show by default: those configured, or our own where they cannot be used."""
    certificate, key = certificate_paths()
    if settings.MAIL_TLS_CERTIFICATE:
        try:
            server_context(certificate, key)
        except (ssl.SSLError, OSError) as error:
            reason = {"path": str(certificate), "error": str(error)}
            log.error("MAIL_TLS_CERTIFICATE not usable", extra=reason)  # noqa: TRY400 - one line
            return local_paths()
    return certificate, key


class LiveContext:
    """A context that follows its files: a renewed certificate is shown to the next client, without a restart.

    Clients that name a host are shown the certificate kept for that name, if there is one that holds (SNI); everybody
    else, and everybody while a kept one is broken or has expired, that of the files.
    """

    def __init__(self, certificate: Path, key: Path, *, alpn: Sequence[str] = ()) -> None:
        self._paths = certificate, key
        self._alpn = list(alpn)
        self._seen = self._stamp()
        self._named: dict[str, list[tuple[Shown, ssl.SSLContext]]] = {}
        self.stamp = ""
        self.context = server_context(certificate, key)
        self.context.sni_callback = self._choose
        if alpn:
            self.context.set_alpn_protocols(self._alpn)

    def _stamp(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in self._paths)

    def refresh(self) -> bool:
        """Load the files again if they changed; raises and keeps the old pair when the new one is unusable."""
        if self._paths == local_paths() and (configured := certificate_paths()) != self._paths:
            with contextlib.suppress(ssl.SSLError, OSError):  # Said when we started.
                server_context(*configured)
                self._paths, self._seen = configured, ()
        if (stamp := self._stamp()) == self._seen:
            return False
        self._seen = stamp
        server_context(*self._paths)  # A half-written pair must not reach the live context.
        self.context.load_cert_chain(*self._paths)
        return True

    def show(self, kept: Sequence[Shown], stamp: str = "") -> None:
        """Show these from now on; what cannot be used is named in the log, one line each, and left out."""
        named: dict[str, list[tuple[Shown, ssl.SSLContext]]] = {}
        now = dt.datetime.now(dt.UTC)
        for one in kept:
            problem, context = one.problem, None
            if not problem and one.not_after <= now:
                problem = f"it expired on {one.not_after:%Y-%m-%d}"
            if not problem:
                try:
                    context = server_context_of(one.chain, one.private)
                except (ssl.SSLError, OSError) as error:
                    problem = f"it cannot be used: {error}"
            if context is None:
                names = ", ".join(one.names[:5])
                log.error("certificate not shown", extra={"id": one.id, "names": names, "reason": problem})
                continue
            if self._alpn:
                context.set_alpn_protocols(self._alpn)
            for name in one.names:
                named.setdefault(name, []).append((one, context))
        for found in named.values():
            found.sort(key=lambda pair: pair[0].not_after, reverse=True)
        self._named, self.stamp = named, stamp

    def _choose(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if not name or not self._named:
            return
        name = name.lower().rstrip(".")
        now = dt.datetime.now(dt.UTC)
        for key in (name, "*." + name.partition(".")[2]):
            for one, context in self._named.get(key, ()):
                if one.not_before <= now < one.not_after:
                    tls.context = context
                    return
