"""The certificate our doors show, and the context they show it with."""

import datetime as dt
import ssl
from pathlib import Path

from django.conf import settings

# TLS 1.2 with forward secrecy and authenticated encryption only; TLS 1.3 brings its own list.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class CertificateError(ValueError):
    """A certificate or key that cannot be used; the text is one line that names the setting."""


def certificate_paths() -> tuple[Path, Path]:
    """Return the files of the certificate chain and its key: those configured, or those we made."""
    if settings.MAIL_TLS_CERTIFICATE:
        return Path(settings.MAIL_TLS_CERTIFICATE), Path(
            settings.MAIL_TLS_KEY or settings.MAIL_TLS_CERTIFICATE
        )
    directory = settings.MAIL_STATE_DIR / "tls"
    return directory / "server.pem", directory / "server.key"


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


class LiveContext:
    """A context that follows its files: a renewed certificate is shown to the next client, without a restart."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._paths = certificate, key
        self._seen = self._stamp()
        self.context = server_context(certificate, key)

    def _stamp(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in self._paths)

    def refresh(self) -> bool:
        """Load the files again if they changed; raises and keeps the old pair when the new one is unusable."""
        if (stamp := self._stamp()) == self._seen:
            return False
        self._seen = stamp
        server_context(*self._paths)  # A half-written pair must not reach the live context.
        self.context.load_cert_chain(*self._paths)
        return True
