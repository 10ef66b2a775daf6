"""A real name server on loopback for tests: UDP and TCP, answering from records given as zone text.

It can misbehave, too: `faults` names how, for each name. `Zone.find` may be overridden for zones without end.
"""

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TRUNCATE, SERVFAIL, SILENT = "truncate", "servfail", "silent"
REFUSED, LAME, GARBAGE, SLOW = "refused", "lame", "garbage", "slow"
# A forgery comes before the true answer: with another id, from another port, or to another question.
WRONG_ID, WRONG_SOURCE, WRONG_QUESTION = "wrong id", "wrong source", "wrong question"
# Cut off by TCP as well; the alias without what it points to; DNSSEC found it good.
TRUNCATE_ALWAYS, HALF_ALIAS, SECURE = "truncate always", "half alias", "secure"
FORGED = "192.0.2.66"
SLOW_SECONDS = 0.5


class Zone:
    """Records by (name, type), and names that misbehave; counts what it is asked."""

    def __init__(self, text: str, faults: dict[str, str] | None = None, *, ttl: int = 60) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.faults = faults or {}
        self.asked: list[tuple[str, str]] = []
        self.flags: list[int] = []
        self.ttl = self.negative_ttl = ttl
        for line in filter(None, map(str.strip, text.splitlines())):
            name, kind, data = line.split(maxsplit=2)
            self.records.setdefault((name.lower(), kind), []).append(data)

    def find(self, name: str, kind: str) -> list[str] | None:
        """Return the records of a name."""
        return self.records.get((name, kind))

    def exists(self, name: str) -> bool:
        """Whether a name has records of any kind, or names below it have (RFC 8020)."""
        return any(key[0] == name or key[0].endswith("." + name) for key in self.records)

    def answer(self, wire: bytes, *, is_tcp: bool) -> list[bytes]:
        """Answer one query; no message means silence, two are a forgery and the truth."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.asked.append((name, kind))
        self.flags.append(query.flags)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA | dns.flags.AA
        fault = self.faults.get(name, "")
        match fault:
            case "silent":
                return []
            case "garbage":
                return [wire[:2] + b"\x81\x80\x00\x01\xff\xff" + b"\xc0" * 40]
            case "servfail" | "refused":
                response.set_rcode(dns.rcode.SERVFAIL if fault == "servfail" else dns.rcode.REFUSED)
                return [response.to_wire()]
            case "lame":
                response.flags &= ~(dns.flags.AA | dns.flags.RA)
                response.authority.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root-servers.net."))
                return [response.to_wire()]
            case "truncate" | "truncate always" if not is_tcp or fault == "truncate always":
                response.flags |= dns.flags.TC
                return [response.to_wire()]
            case "slow":
                time.sleep(SLOW_SECONDS)
            case "secure":
                response.flags |= dns.flags.AD
        self._fill(response, name, kind, is_half=fault == HALF_ALIAS)
        try:
            true = response.to_wire(max_size=65535 if is_tcp else max(512, query.payload))
        except dns.exception.TooBig:
            response.answer, response.authority = [], []
            response.flags |= dns.flags.TC
            return [response.to_wire()]
        if fault in {WRONG_ID, WRONG_SOURCE, WRONG_QUESTION}:
            forged = dns.message.make_response(query)
            forged.flags |= dns.flags.RA
            if fault == WRONG_ID:
                forged.id ^= 0x5555
            if fault == WRONG_QUESTION:
                forged.question = [
                    dns.rrset.RRset(dns.name.from_text("x." + name), dns.rdataclass.IN, question.rdtype)
                ]
            forged.answer.append(dns.rrset.from_text(forged.question[0].name, 60, "IN", "A", FORGED))
            return [forged.to_wire(), true]
        return [true]

    def _fill(self, response: dns.message.Message, name: str, kind: str, *, is_half: bool) -> None:
        for _ in range(20):
            if found := self.find(name, kind):
                response.answer.append(dns.rrset.from_text_list(name + ".", self.ttl, "IN", kind, found))
                return
            alias = self.find(name, "CNAME")
            if not alias:
                break
            response.answer.append(dns.rrset.from_text_list(name + ".", self.ttl, "IN", "CNAME", alias))
            if is_half:
                return
            name = alias[0].rstrip(".").lower()
        if not self.exists(name):
            response.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.test. admin.test. 1 3600 600 86400 {self.negative_ttl}"
        top = name.rpartition(".")[2] + "."
        response.authority.append(dns.rrset.from_text(top, 86400, "IN", "SOA", soa))


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        zone: Zone = self.server.zone  # type: ignore[attr-defined]
        replies = zone.answer(data, is_tcp=False)
        question = dns.message.from_wire(data).question[0].name.to_text(omit_final_dot=True).lower()
        if len(replies) == 2 and zone.faults.get(question) == WRONG_SOURCE:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(replies.pop(0), self.client_address)
            time.sleep(0.02)
        for reply in replies:
            with contextlib.suppress(OSError):  # The test is over, and the socket closed.
                sock.sendto(reply, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        length = struct.unpack("!H", self.rfile.read(2))[0]
        replies = self.server.zone.answer(self.rfile.read(length), is_tcp=True)  # type: ignore[attr-defined]
        for reply in replies[-1:]:
            with contextlib.suppress(OSError):
                self.wfile.write(struct.pack("!H", len(reply)) + reply)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    allow_reuse_address = True
    max_packet_size = 65535
    zone: Zone


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    zone: Zone


@contextlib.contextmanager
def serving(zone: Zone, port: int = 0) -> Iterator[str]:
    """Serve a zone while the block runs; gives `host:port` for MAIL_DNS_SERVERS."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
        address = probe.getsockname()
    with _UdpServer(address, _Udp) as udp, _TcpServer(address, _Tcp) as tcp:
        for server in (udp, tcp):
            server.zone = zone
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"{address[0]}:{address[1]}"
        finally:
            udp.shutdown()
            tcp.shutdown()
