"""Bodies made fit for transport: line ends, transfer encodings, flowed text (RFC 2045 6, RFC 3676)."""

import binascii
import re

LONGEST_LINE = 998
NICE_LINE = 78
FLOWED_WIDTH = 72

_LINE_END = re.compile(r"\r\n?|\n|\x0b|\x0c|\x85|\u2028|\u2029")
_NEVER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


def text_lines(text: str) -> list[str]:
    """Return the lines of a text that is to be sent, without what no mail may hold."""
    lines = _LINE_END.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return [_NEVER.sub("", line) for line in lines]


def encode_text(lines: list[str]) -> tuple[str, bytes]:
    """Return the transfer encoding chosen for lines of text, and the body: what is short and stays readable."""
    data = "".join(line + "\r\n" for line in lines).encode("utf-8", "replace")
    if data.isascii() and all(len(line) <= NICE_LINE and not line.startswith("From ") for line in lines):
        return "7bit", data
    # In quoted-printable a byte beyond ASCII takes three, in base64 any takes four thirds.
    foreign = len(data) - sum(byte < 0x80 for byte in data)
    if foreign * 5 > len(data):
        return "base64", base64_lines(data)
    return "quoted-printable", b"".join(_quoted(line) for line in data.split(b"\r\n")[:-1])


def _quoted(line: bytes) -> bytes:
    out = binascii.b2a_qp(line, istext=True).replace(b"=\n", b"=\r\n")
    if out.startswith(b"From "):  # Some that carry mail would put a > before it.
        out = b"=46" + out[1:]
    return out + b"\r\n"


def base64_lines(data: bytes) -> bytes:
    """Return data as base64 in lines of 76 characters."""
    text = binascii.b2a_base64(data, newline=False)
    return b"".join(text[at : at + 76] + b"\r\n" for at in range(0, len(text), 76))


def carries(data: bytes) -> str:
    """Return how a whole message can be carried in another: `7bit`, `8bit`, or '' where only base64 would do."""
    bare = data.replace(b"\r\n", b"")
    if b"\r" in bare or b"\n" in bare or b"\0" in bare:
        return ""
    if any(len(line) > LONGEST_LINE for line in data.split(b"\r\n")):
        return ""
    return "7bit" if data.isascii() else "8bit"


def flow(lines: list[str]) -> list[str]:
    """Return paragraphs as flowed lines: what is broken here ends in a space, and a reader joins it (RFC 3676 4)."""
    out: list[str] = []
    for line in lines:
        if line.startswith(">") or line == "-- ":
            out.append(line)
            continue
        line = line.rstrip(" ")
        while len(line) > FLOWED_WIDTH and (at := _break(line)) > 0:
            out.append(_stuffed(line[: at + 1]))
            line = line[at + 1 :]
        out.append(_stuffed(line))
    return out


def _break(line: str) -> int:
    """Return the space to break at: the last that fits, or the first there is; never one that is followed by another."""
    at = line.rfind(" ", 1, FLOWED_WIDTH)
    return at if at > 0 else line.find(" ", FLOWED_WIDTH)


def _stuffed(line: str) -> str:
    return " " + line if line.startswith((" ", ">", "From ")) else line
