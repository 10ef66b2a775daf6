"""Where the certificate is that everybody is shown who asks for no name we keep one for."""

from pathlib import Path

from django.conf import settings


def certificate_paths() -> tuple[Path, Path]:
    """Return the files of the certificate chain and its key: those configured, or those we made."""
    if settings.MAIL_TLS_CERTIFICATE:
        return Path(settings.MAIL_TLS_CERTIFICATE), Path(
            settings.MAIL_TLS_KEY or settings.MAIL_TLS_CERTIFICATE
        )
    return local_paths()


def local_paths() -> tuple[Path, Path]:
    """Return the files of the certificate that a local authority of our own issued."""
    directory = settings.MAIL_STATE_DIR / "tls"
    return directory / "server.pem", directory / "server.key"
