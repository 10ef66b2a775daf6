"""A certificate is checked before it is shown, and a renewed one is shown without a restart."""

import datetime as dt
import os
import ssl
from pathlib import Path

import pytest

from workers.supervisor.certificates import ensure_certificates
from workers.tls import CertificateError, LiveContext, check_pair

NOW = dt.datetime.now(dt.UTC)
NAMES = ["localhost", "127.0.0.1"]


def test_a_good_pair_passes(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, NOW)
    check_pair(tmp_path / "server.pem", tmp_path / "server.key", NOW)


def test_each_bad_pair_is_named_in_one_line(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, NOW)
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    (tmp_path / "empty").write_text("hello")
    cases = [
        (tmp_path / "none", key, NOW, "MAIL_TLS_CERTIFICATE: .* cannot be read: No such file"),
        (certificate, tmp_path / "none", NOW, "MAIL_TLS_KEY: .* cannot be read"),
        (tmp_path / "empty", key, NOW, "MAIL_TLS_CERTIFICATE: .* holds no PEM certificate"),
        (certificate, key, NOW + dt.timedelta(days=400), "MAIL_TLS_CERTIFICATE: .* expired on"),
        (certificate, tmp_path / "ca.key", NOW, "MAIL_TLS_KEY: .* is not the key of"),
    ]
    for chain, secret, now, text in cases:
        with pytest.raises(CertificateError, match=text) as caught:
            check_pair(chain, secret, now)
        assert "\n" not in str(caught.value)


def test_a_renewed_pair_is_taken_and_a_broken_one_is_not(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, NOW)
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    live = LiveContext(certificate, key)
    assert not live.refresh()
    ensure_certificates(tmp_path, [*NAMES, "mail.example.test"], NOW)
    os.utime(certificate, ns=(1, 1))
    assert live.refresh()
    certificate.write_text("half a certif")
    with pytest.raises(ssl.SSLError):
        live.refresh()
