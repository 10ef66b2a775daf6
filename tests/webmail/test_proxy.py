"""The image proxy: it reaches the public Internet and nothing else, and brings back pictures and nothing else."""

import contextlib
import ipaddress
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_django import Settings

from apps.domains.resolver import Resolver
from apps.protocols.reach import is_reachable
from apps.webmail import signatures
from apps.webmail.proxy import LONGEST, Picture, Proxy, Refused
from apps.webmail.views import parts
from tests.dns_server import SILENT, Zone, serving

from .mail import PNG, an_email, file, signed_in

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
ZONE = """
here.example      A     127.0.0.1
mixed.example     A     127.0.0.1
mixed.example     A     10.0.0.1
private.example   A     192.168.1.1
meta.example      A     169.254.169.254
mapped.example    AAAA  ::ffff:127.0.0.1
six.example       AAAA  ::1
alias.example     CNAME private.example.
"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Site = self.server  # type: ignore[assignment]
        server.asked.append((self.path, dict(self.headers)))
        path = self.path.partition("?")[0]
        if path == "/slow":
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not server.over.wait(0.1):
                    self.wfile.write(b"X")
                    self.wfile.flush()
            return
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        if path == "/loop":
            self.send_response(301)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        body = {
            "/p.png": PNG,
            "/x.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "/x.html": b"<html>" + b" " * 100,
            "/big.png": PNG + b"x" * (LONGEST + 1),
            "/long.png": PNG,
            "/empty": b"",
        }.get(path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "image/png")
        if path == "/long.png":
            self.send_header("Content-Length", str(LONGEST + 1))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body or b"")

    def log_message(self, *args: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()

    @property
    def base(self) -> str:
        return f"http://here.example:{self.server_address[1]}"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
        yield site
        site.over.set()
        site.shutdown()


@pytest.fixture(scope="module")
def dns() -> Iterator[str]:
    with serving(Zone(ZONE, {"silent.example": SILENT})) as address:
        yield address


@pytest.fixture
def proxy(dns: str) -> Proxy:
    return Proxy(Resolver([dns]), LOOPBACK)


def test_it_works(proxy: Proxy, site: Site) -> None:
    assert proxy.fetch(f"{site.base}/p.png?who=\u00fc") == Picture(PNG, "image/png")
    [(path, headers)] = site.asked
    assert path == "/p.png?who=%C3%BC"
    assert headers["Host"] == site.base.removeprefix("http://")
    assert not {"Cookie", "Referer", "Authorization", "Accept-Language"} & set(headers)


@pytest.mark.parametrize(
    "address",
    """127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 100.127.255.255
    192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 ::1 :: fe80::1
    fec0::1 fc00::1 fd12:3456::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808
    64:ff9b:1::1 2001:db8::1 2001::1 2002:7f00:1::1 100::1 3fff::1 5f00::1""".split(),  # noqa: SIM905
)
def test_what_is_not_the_public_internet(address: str) -> None:
    assert not is_reachable(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1"])
def test_what_is(address: str) -> None:
    assert is_reachable(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/p.png",
        "http://here.example:{port}/p.png",
        "http://[::ffff:127.0.0.1]:{port}/p.png",
        "http://[::1]:{port}/p.png",
        "http://2130706433:{port}/p.png",
        "http://0x7f.1:{port}/p.png",
        "http://0177.0.0.1:{port}/p.png",
        "http://127.1:{port}/p.png",
        "http://localhost:{port}/p.png",
        "http://localhost.:{port}/p.png",
        "http://mapped.example:{port}/p.png",
        "http://six.example:{port}/p.png",
        "http://meta.example/latest/meta-data/",
        "http://user:pass@127.0.0.1:{port}/p.png",
        "http://0:{port}/p.png",
        "file:///etc/passwd",
        "ftp://here.example/x",
        "gopher://127.0.0.1:{port}/x",
        "http:///p.png",
        "http://[::1/p.png",
        "http://here.example:99999/p.png",
    ],
)
def test_loopback_is_not_reached(url: str, dns: str, site: Site) -> None:
    found = Proxy(Resolver([dns])).fetch(url.format(port=site.server_address[1]))
    assert isinstance(found, Refused)
    assert site.asked == []


@pytest.mark.parametrize(
    "host", ["private.example", "mixed.example", "alias.example", "10.0.0.1", "nowhere.example"]
)
def test_redirects_are_judged_too(host: str, proxy: Proxy, site: Site) -> None:
    port = site.server_address[1]
    found = proxy.fetch(f"{site.base}/to/?http://{host}:{port}/p.png")
    assert isinstance(found, Refused)
    assert [path for path, _ in site.asked if path == "/p.png"] == []


def test_redirects_are_followed_three_times(proxy: Proxy, site: Site) -> None:
    assert isinstance(proxy.fetch(f"{site.base}/to/?/to/?/p.png"), Picture)
    site.asked.clear()
    assert proxy.fetch(f"{site.base}/loop") == Refused("too many redirects")
    assert len(site.asked) == 4


def test_a_name_is_asked_once_and_its_address_kept(site: Site) -> None:
    """A name server that changes its mind between the judgement and the connection gains nothing."""

    class Turning(Zone):
        def answer(self, wire: bytes, *, is_tcp: bool) -> list[bytes]:
            reply = super().answer(wire, is_tcp=is_tcp)
            self.records[("here.example", "A")] = ["10.0.0.1"]
            return reply

    zone = Turning("here.example A 127.0.0.1")
    with serving(zone) as address:
        found = Proxy(Resolver([address]), LOOPBACK).fetch(f"{site.base}/p.png")
    # The AAAA question came first and turned it: what is judged is what would be connected to.
    assert found == Refused("the host is not on the public Internet")
    assert site.asked == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/x.svg", "not a picture"),
        ("/x.html", "not a picture"),
        ("/empty", "not a picture"),
        ("/nothing", "answered 404"),
        ("/big.png", "too large"),
        ("/long.png", "too large"),
    ],
)
def test_only_pictures_of_some_size(path: str, reason: str, proxy: Proxy, site: Site) -> None:
    assert proxy.fetch(f"{site.base}{path}") == Refused(reason)


@pytest.mark.parametrize("url", ["/slow", "http://silent.example/x"])
def test_time_is_bounded(url: str, proxy: Proxy, site: Site) -> None:
    began = time.monotonic()
    assert isinstance(proxy.fetch(url if url.startswith("http") else site.base + url, seconds=0.6), Refused)
    assert time.monotonic() - began < 3


def test_ports(dns: str) -> None:
    assert Proxy(Resolver([dns])).fetch("http://8.8.8.8:25/x.png") == Refused("not a port of the web")


@pytest.mark.django_db
def test_the_view_fetches_what_we_signed(dns: str, site: Site, settings: Settings) -> None:
    settings.MAIL_DNS_SERVERS, settings.MAIL_IMAGE_PROXY_ALLOW = [dns], ["127.0.0.0/8"]
    parts.the_proxy.cache_clear()
    filed = file(an_email(html="x").as_bytes())
    url, expires = f"{site.base}/p.png", signatures.expiry(time.time())
    client = signed_in(filed.mailbox.owner)
    good = {
        "u": url,
        "e": str(expires),
        "s": signatures.sign(filed.mailbox.pk, filed.content_id, url, expires),
    }
    response = client.get(filed.url("image"), good)
    assert response.content == PNG
    assert response["Content-Type"] == "image/png"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response["X-Content-Type-Options"] == "nosniff"
    for wrong in (
        {"u": url + "?x"},
        {"e": str(expires + 86400)},
        {"e": "1"},
        {"e": "\u0661"},
        {"s": "\u00e9"},
        {"s": good["s"][:-1]},
    ):
        assert client.get(filed.url("image"), good | wrong).status_code == 404
    other = file(an_email(html="x").as_bytes(), filed.mailbox)
    assert client.get(other.url("image"), good).status_code == 404
    gone = {**good, "u": f"{site.base}/x.svg"}
    gone["s"] = signatures.sign(filed.mailbox.pk, filed.content_id, gone["u"], expires)
    assert client.get(filed.url("image"), gone).status_code == 404
    parts.the_proxy.cache_clear()
