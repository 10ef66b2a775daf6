"""Conversations with a real server, and with servers that behave badly."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from apps.mailflow.smtp_client import (
    NO_UTF8,
    TOO_LARGE,
    HostUnusable,
    Letter,
    SmtpClient,
    Timeouts,
    TlsFailed,
    To,
)
from apps.protocols.smtp.replies import Reply
from tests.certificates import make_pair
from tests.smtp_sink import sinking

FAST = Timeouts(connect=2, command=0.5, data=0.5, final=0.5, quit=0.2)
LUNCH = Letter("bob@example.test", [To("friend@far.example")], b"Subject: lunch\r\n\r\n.\r\nAt noon?\r\n")


async def converse(port: int, *letters: Letter, tls: ssl.SSLContext | None = None) -> list[list[Reply]]:
    client = SmtpClient("mail.example.test", FAST)
    await client.open("127.0.0.1", port, tls=tls)
    replies = [await client.send(letter) for letter in letters]
    await client.quit()
    return replies


def test_it_works() -> None:
    with sinking() as (sink, port):
        assert asyncio.run(converse(port, LUNCH)) == [[Reply(250, "2.0.0", "Taken")]]
    assert sink.taken[0].data == LUNCH.data
    assert sink.taken[0].sender == "bob@example.test"


def test_several_letters_share_one_connection() -> None:
    with sinking() as (sink, port):
        asyncio.run(converse(port, LUNCH, LUNCH, LUNCH))
    assert len(sink.taken) == 3
    assert sink.connections == 1


def test_each_recipient_has_an_answer_of_its_own() -> None:
    to = [To("friend@far.example"), To("defer@far.example"), To("reject@far.example")]
    with sinking() as (sink, port):
        [replies] = asyncio.run(converse(port, Letter("bob@example.test", to, b"x\r\n")))
    assert [reply.code for reply in replies] == [250, 450, 550]
    assert sink.taken[0].recipients == ["friend@far.example"]


def test_when_all_are_refused_the_conversation_goes_on() -> None:
    nobody = Letter("bob@example.test", [To("reject@far.example")], b"x\r\n")
    with sinking() as (sink, port):
        first, second = asyncio.run(converse(port, nobody, LUNCH))
    assert first[0] == Reply(550, "5.1.1", "No such person")
    assert second[0].code == 250
    assert len(sink.taken) == 1


def test_a_refusal_after_the_data() -> None:
    late = Letter("bob@example.test", [To("late-reject@far.example")], b"x\r\n")
    with sinking() as (_, port):
        assert asyncio.run(converse(port, late)) == [[Reply(554, "5.7.1", "We do not like it")]]


def test_too_large_is_known_before_sending() -> None:
    with sinking(data_size_limit=100) as (sink, port):
        assert asyncio.run(converse(port, Letter("b@example.test", [To("f@far.example")], b"x" * 200))) == [
            [TOO_LARGE]
        ]
    assert sink.taken == []


def test_an_address_that_needs_smtputf8() -> None:
    letter = Letter("bob@example.test", [To("jürgen@far.example")], b"x\r\n", smtputf8=True)
    with sinking() as (sink, port):
        [[reply]] = asyncio.run(converse(port, letter))
    assert reply.code == 250
    assert sink.taken[0].recipients == ["jürgen@far.example"]
    with sinking(enable_SMTPUTF8=False) as (_, port):
        assert asyncio.run(converse(port, letter)) == [[NO_UTF8]]


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_tls_is_used_when_offered(tmp_path: Path) -> None:
    with sinking(tls=make_pair(tmp_path)) as (sink, port):
        asyncio.run(converse(port, LUNCH, tls=client_context()))
    assert sink.taken[0].is_tls


def test_no_tls_offered_means_none() -> None:
    with sinking() as (sink, port):
        asyncio.run(converse(port, LUNCH, tls=client_context()))
    assert not sink.taken[0].is_tls


@contextlib.contextmanager
def scripted(*answers: bytes) -> Iterator[int]:
    """A server that says these lines, one after each thing it hears, and then hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for answer in answers:
                if answer == b"silence":
                    await asyncio.sleep(3)
                writer.write(answer)
                await writer.drain()
                if not await reader.read(65536):
                    break
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


HELLO = (b"220 hi\r\n", b"250-mx\r\n250 PIPELINING\r\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "code", "enhanced"),
    [
        ((b"554 5.7.1 Go away\r\n",), 554, "5.7.1"),
        ((b"421 4.7.0 Busy\r\n",), 421, "4.7.0"),
        ((b"HTTP/1.1 400 Bad Request\r\n",), 451, "4.5.0"),
        ((b"220-" + b"x" * 200_000,), 451, "4.5.0"),
        ((b"220-x\r\n" * 500,), 451, "4.5.0"),
        ((b"silence",), 451, "4.4.2"),
        ((b"",), 451, "4.4.2"),
        ((*HELLO, b"250 ok\r\n421 4.3.2 Shutting down\r\n"), 421, "4.3.2"),
    ],
)
def test_a_host_that_is_of_no_use(answers: tuple[bytes, ...], code: int, enhanced: str) -> None:
    with scripted(*answers) as port, pytest.raises(HostUnusable) as caught:
        asyncio.run(converse(port, LUNCH))
    assert (caught.value.reply.code, caught.value.reply.enhanced) == (code, enhanced)


def test_nobody_listens() -> None:
    with sinking() as (_, port):
        pass
    with pytest.raises(HostUnusable) as caught:
        asyncio.run(converse(port, LUNCH))
    assert caught.value.reply.enhanced == "4.4.1"


def test_tls_that_fails_is_told_apart() -> None:
    with (
        scripted(b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n", b"not tls\r\n") as port,
        pytest.raises(TlsFailed),
    ):
        asyncio.run(converse(port, LUNCH, tls=client_context()))


def test_a_connection_lost_after_the_data_is_a_temporary_failure() -> None:
    with scripted(*HELLO, b"250 ok\r\n250 ok\r\n", b"354 go\r\n") as port:
        [[reply]] = asyncio.run(converse(port, LUNCH))
    assert reply.is_temporary


def test_plain_words_added_before_tls_are_not_believed(tmp_path: Path) -> None:
    """A man in the middle who adds capabilities before TLS gains nothing: EHLO is said again inside."""
    assert isinstance(make_pair(tmp_path), ssl.SSLContext)
    assert x509.load_pem_x509_certificate((tmp_path / "cert.pem").read_bytes())
    with sinking(tls=make_pair(tmp_path)) as (_, port):

        async def capabilities() -> bool:
            client = SmtpClient("mail.example.test", FAST)
            await client.open("127.0.0.1", port, tls=client_context())
            await client.quit()
            return "STARTTLS" in client.capabilities

        assert not asyncio.run(capabilities())


@contextlib.contextmanager
def injecting(tls: ssl.SSLContext, words: bytes) -> Iterator[int]:
    """A server behind a man in the middle, who adds words to the last answer in the clear; 250 to all else."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            for said in (b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n"):
                writer.write(said)
                await reader.readline()
            writer.write(b"220 go\r\n" + words)
            await writer.start_tls(tls)
            while await reader.readline():
                writer.write(b"250 mx\r\n")
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def test_plain_answers_sent_ahead_are_not_heard_inside(tmp_path: Path) -> None:
    """Heard there, each would stand for the answer to the next command: mail that nobody took is delivered."""
    tls = make_pair(tmp_path)

    async def capabilities() -> list[str]:
        client = SmtpClient("mail.example.test", FAST)
        await client.open("127.0.0.1", port, tls=client_context(), must=True)
        client.abort()
        return list(client.capabilities.keywords)

    with injecting(tls, b"") as port:
        assert asyncio.run(capabilities()) == []
    with injecting(tls, b"250-mx\r\n250 REQUIRETLS\r\n") as port, pytest.raises(TlsFailed):
        asyncio.run(capabilities())


@contextlib.contextmanager
def conversing(answers: dict[bytes, bytes], heard: list[bytes] | None = None) -> Iterator[int]:
    """A server with an answer to lines that begin so (none: it hangs up); 250 to others, but MAIL only once."""

    def answer(line: bytes, otherwise: bytes) -> bytes:
        if heard is not None:
            heard.append(line)
        return next((said for start, said in answers.items() if line.startswith(start)), otherwise)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_open = in_data = False
        writer.write(b"220 hi\r\n")
        with contextlib.suppress(OSError):
            while (line := await reader.readline()) and not line.startswith(b"QUIT"):
                said = answer(line, b"250 ok\r\n")
                if in_data:
                    if any(map(line.startswith, answers)):
                        break
                    in_data = line != b".\r\n"
                    is_open = in_data
                    said = b"" if in_data else b"250 taken\r\n"
                elif line.startswith(b"MAIL") and is_open:
                    said = b"503 5.5.1 Nested MAIL\r\n"
                elif not said:
                    break
                else:
                    is_open = line.startswith(b"MAIL") or (is_open and not line.startswith(b"RSET"))
                    in_data = said.startswith(b"354")
                writer.write(said)
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def test_a_refused_data_closes_the_transaction() -> None:
    """The server still has it open: without RSET the next letter would be refused for good by 503."""
    with conversing({b"DATA": b"451 4.3.1 Disk full\r\n"}) as port:
        [[first], [second]] = asyncio.run(converse(port, LUNCH, LUNCH))
    assert (first.code, second.code) == (451, 451)


def test_a_server_that_refuses_and_hangs_up_has_refused() -> None:
    with conversing({b"RCPT": b"550 5.7.1 Blocked\r\n", b"RSET": b""}) as port:
        [[reply]] = asyncio.run(converse(port, LUNCH))
    assert (reply.code, reply.enhanced) == (550, "5.7.1")
