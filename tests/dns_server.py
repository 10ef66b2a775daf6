"""A real name server on loopback for tests: UDP and TCP, answering from records given as zone text."""

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TRUNCATE, SERVFAIL, SILENT = "truncate", "servfail", "silent"


class Zone:
    """Records by (name, type), and names that misbehave; counts what it is asked."""

    def __init__(self, text: str, faults: dict[str, str] | None = None) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.faults = faults or {}
        self.asked: list[tuple[str, str]] = []
        for line in filter(None, map(str.strip, text.splitlines())):
            name, kind, data = line.split(maxsplit=2)
            self.records.setdefault((name.lower(), kind), []).append(data)

    def answer(self, wire: bytes, *, is_tcp: bool) -> bytes | None:
        """Answer one query; None means silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.asked.append((name, kind))
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA | dns.flags.AA
        match self.faults.get(name):
            case "silent":
                return None
            case "servfail":
                response.set_rcode(dns.rcode.SERVFAIL)
                return response.to_wire()
            case "truncate" if not is_tcp:
                response.flags |= dns.flags.TC
                return response.to_wire()
            case _:
                self._fill(response, name, kind)
                return response.to_wire()

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        for _ in range(20):
            if found := self.records.get((name, kind)):
                response.answer.append(dns.rrset.from_text_list(name + ".", 60, "IN", kind, found))
                return
            alias = self.records.get((name, "CNAME"))
            if not alias:
                break
            response.answer.append(dns.rrset.from_text_list(name + ".", 60, "IN", "CNAME", alias))
            name = alias[0].rstrip(".").lower()
        if not any(key[0] == name for key in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        soa = "ns.test. admin.test. 1 3600 600 86400 60"
        response.authority.append(dns.rrset.from_text("test.", 60, "IN", "SOA", soa))


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        if (reply := self.server.zone.answer(data, is_tcp=False)) is not None:  # type: ignore[attr-defined]
            sock.sendto(reply, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        length = struct.unpack("!H", self.rfile.read(2))[0]
        reply = self.server.zone.answer(self.rfile.read(length), is_tcp=True)  # type: ignore[attr-defined]
        if reply is not None:
            self.wfile.write(struct.pack("!H", len(reply)) + reply)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    allow_reuse_address = True
    zone: Zone


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    zone: Zone


@contextlib.contextmanager
def serving(zone: Zone) -> Iterator[str]:
    """Serve a zone while the block runs; gives `host:port` for MAIL_DNS_SERVERS."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
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
