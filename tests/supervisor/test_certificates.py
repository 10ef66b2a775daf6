"""The local authority and its certificate: trusted, private, renewed in time, made again when names change."""

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from workers.supervisor.certificates import CERTIFICATE_DAYS, ensure_certificates

NAMES = ["mail.example.test", "localhost", "127.0.0.1", "::1"]
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def leaf(directory: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates((directory / "server.pem").read_bytes())[0]


def test_it_is_trusted_for_its_names(tmp_path: Path) -> None:
    authority = ensure_certificates(tmp_path, NAMES, NOW)
    store = Store([x509.load_pem_x509_certificate(authority.read_bytes())])
    verifier = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("mail.example.test"))
    assert verifier.verify(leaf(tmp_path), [])
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_a_second_start_keeps_it(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, NOW)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    ensure_certificates(tmp_path, NAMES, NOW + dt.timedelta(days=200))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_it_is_renewed_before_it_expires_by_the_same_authority(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, NOW)
    authority, old = (tmp_path / "ca.pem").read_bytes(), leaf(tmp_path)
    ensure_certificates(tmp_path, NAMES, NOW + dt.timedelta(days=CERTIFICATE_DAYS - 10))
    assert leaf(tmp_path).not_valid_after_utc > old.not_valid_after_utc
    assert (tmp_path / "ca.pem").read_bytes() == authority


def test_new_names_make_a_new_certificate(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, NOW)
    old = leaf(tmp_path)
    ensure_certificates(tmp_path, ["mail.example.org"], NOW)
    assert leaf(tmp_path).serial_number != old.serial_number
