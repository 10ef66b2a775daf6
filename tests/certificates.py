"""Certificates for tests, made on the spot: of nobody, or of an authority of the test's own."""

import datetime as dt
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Issued:
    """A certificate, its key, and the chain that leads to its authority, its own first."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def pem(self) -> bytes:
        """The chain as a server shows it."""
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)

    @property
    def key_pem(self) -> bytes:
        """The key."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def public_key(self) -> bytes:
        """Its SubjectPublicKeyInfo."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def write(self, directory: Path, stem: str = "server") -> tuple[Path, Path]:
        """Write both as files; return where they are."""
        directory.mkdir(parents=True, exist_ok=True)
        paths = directory / f"{stem}.pem", directory / f"{stem}.key"
        for path, data in zip(paths, (self.pem, self.key_pem), strict=True):
            path.write_bytes(data)
        return paths

    def server(self, directory: Path) -> ssl.SSLContext:
        """Return a server's context that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.write(directory, f"{self.certificate.serial_number:x}"))
        return context


def issue(
    *names: str,
    by: Issued | None = None,
    days: int = 30,
    since: int = 1,
    is_authority: bool = False,
    now: dt.datetime | None = None,
) -> Issued:
    """Make a certificate for some names, by an authority or by itself; `days` from now it ends, before now if negative."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = now or dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer_key = by.key if by else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=min(days, 0) - since))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if is_authority:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    certificate = builder.sign(issuer_key, hashes.SHA256())
    above = by.chain if by else ()
    return Issued(certificate, key, (certificate, *above))


def make_authority(name: str = "The test's own authority") -> Issued:
    """Make an authority."""
    return issue(name, is_authority=True)


def trusting(authority: Issued) -> ssl.SSLContext:
    """Return a client's context that trusts it alone."""
    return ssl.create_default_context(cadata=authority.pem.decode())


def make_pair(directory: Path, name: str = "mx.far.example") -> ssl.SSLContext:
    """Write cert.pem and key.pem into `directory`; return a server's context that uses them."""
    made = issue(name)
    (directory / "cert.pem").write_bytes(made.pem)
    (directory / "key.pem").write_bytes(made.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context
