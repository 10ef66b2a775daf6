"""A certificate is checked before it is shown, and a renewed one is shown without a restart."""

import contextlib
import dataclasses
import datetime as dt
import os
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import LazySettings

from apps.domains.certificates.files import local_paths
from apps.domains.certificates.showing import Shown
from tests.certificates import Issued, issue, make_authority
from workers.supervisor.certificates import ensure_certificates
from workers.tls import CertificateError, LiveContext, best_pair, check_pair

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


# --- by name -------------------------------------------------------------------------------------------------------

AUTHORITY = make_authority()


def kept(given: Issued, number: int = 1, *, names: tuple[str, ...] = (), problem: str = "") -> Shown:
    leaf = given.certificate
    found = names or tuple(
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    )
    return Shown(
        number,
        found,
        given.pem,
        given.key_pem,
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
        problem,
    )


def shown_to(live: LiveContext, name: str | None) -> bytes:
    """Shake hands in memory as a client that asks for a name; return the certificate it was shown."""
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    pipes = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(*pipes, server_hostname=name)
    server = live.context.wrap_bio(pipes[1], pipes[0], server_side=True)
    for side in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    shown = client.getpeercert(binary_form=True)
    assert shown is not None
    return shown


@pytest.fixture
def live(tmp_path: Path) -> LiveContext:
    ensure_certificates(tmp_path, NAMES, NOW)
    return LiveContext(tmp_path / "server.pem", tmp_path / "server.key")


def test_each_name_is_shown_its_own(live: LiveContext) -> None:
    default = shown_to(live, None)
    one, other = issue("mail.one.example", by=AUTHORITY), issue("*.other.example", by=AUTHORITY)
    live.show([kept(one), kept(other, 2)], "1:x")
    assert shown_to(live, "mail.one.example") == one.der
    assert shown_to(live, "MAIL.other.example") == other.der
    for name in (None, "localhost", "other.example", "a.b.other.example"):
        assert shown_to(live, name) == default
    assert live.stamp == "1:x"


def test_the_one_that_lasts_longest_is_shown(live: LiveContext) -> None:
    short, long = issue("mail.one.example", days=5), issue("mail.one.example", days=50)
    live.show([kept(short), kept(long, 2)])
    assert shown_to(live, "mail.one.example") == long.der


def test_what_cannot_be_used_is_named_and_the_default_stands_in(
    live: LiveContext, caplog: pytest.LogCaptureFixture
) -> None:
    default = shown_to(live, None)
    bad = [
        kept(issue("expired.example", days=-1)),
        dataclasses.replace(kept(issue("broken.example"), 2), chain=b"half a certif"),
        dataclasses.replace(kept(issue("mixed.example"), 3), private=issue("x.example").key_pem),
        dataclasses.replace(
            kept(issue("sealed.example"), 4), private=b"", problem="its key cannot be unsealed"
        ),
    ]
    good = issue("good.example")
    live.show([*bad, kept(good, 5)])
    named = [record for record in caplog.records if record.message == "certificate not shown"]
    assert [record.__dict__["id"] for record in named] == [1, 2, 3, 4]
    assert "expired on" in named[0].__dict__["reason"]
    for name in ("expired.example", "broken.example", "mixed.example", "sealed.example"):
        assert shown_to(live, name) == default
    assert shown_to(live, "good.example") == good.der


def test_one_that_expires_while_we_run_is_shown_no_more(live: LiveContext) -> None:
    default = shown_to(live, None)
    ends = dataclasses.replace(
        kept(issue("mail.one.example")), not_after=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.3)
    )
    live.show([ends])
    assert shown_to(live, "mail.one.example") != default
    time.sleep(0.35)
    assert shown_to(live, "mail.one.example") == default


def test_a_configured_pair_that_cannot_be_used_gives_way_to_our_own(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.MAIL_TLS_CERTIFICATE = str(tmp_path / "none")
    assert best_pair() == local_paths()
    chain, key = issue("mail.example.test").write(tmp_path)
    settings.MAIL_TLS_CERTIFICATE, settings.MAIL_TLS_KEY = str(chain), str(key)
    assert best_pair() == (chain, key)


def test_a_configured_pair_that_was_mended_is_taken(tmp_path: Path, settings: LazySettings) -> None:
    settings.MAIL_TLS_CERTIFICATE = str(tmp_path / "server.pem")
    settings.MAIL_TLS_KEY = str(tmp_path / "server.key")
    live = LiveContext(*best_pair())
    assert not live.refresh()
    mended = issue("mail.example.test")
    mended.write(tmp_path)
    assert live.refresh()
    assert shown_to(live, None) == mended.der
    assert not live.refresh()
