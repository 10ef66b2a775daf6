"""Messages as Hypothesis makes them: well-formed trees, and mail that something happened to."""

from dataclasses import dataclass

from hypothesis import strategies as st

TOKENS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b"--b", b"--b--", b"--c", b"--", b" ", b"\t", b"\0", b'"', b"\\",
    b"From: ", b"To: ", b"Subject: ", b"Date: Tue, 24 Nov 2026 10:00:00 +0100", b"Content-Type: ", b"References: ",
    b"multipart/mixed; boundary=b", b"multipart/digest; boundary=c", b'boundary="b"', b"message/rfc822", b"text/html",
    b"text/plain; charset=utf-7", b"Content-Transfer-Encoding: base64", b"quoted-printable", b"=?utf-8?q?=C3=A4?=",
    b"=?utf-8?b?w6Q=?=", b"<", b">", b"@", b",", b";", b":", b"(", b")", b"[", b"]", b"a", b"alice@example.test",
    b"Content-Disposition: attachment; ", b"filename*0*=utf-8''%C3", b"filename*1=x", b"=", b"\xff", b"\xc3\xa4", b"&#1",
    b"<p>", b"<!--", b"<script>", b"From ", b"x" * 80, b"{3}",
)  # fmt: skip
soup = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=4), max_size=60).map(b"".join)


@dataclass(frozen=True)
class Sample:
    """A well-formed entity: its bytes, and for a multipart or a message what it holds."""

    media_type: str
    data: bytes
    body: bytes
    children: tuple["Sample", ...] = ()


# A body may not look like a delimiter, nor end in a way that a delimiter would take a share of.
_bodies = st.text(st.characters(codec="utf-8", exclude_characters="\r\0-"), max_size=80).map(
    lambda text: text.replace("\n", "\r\n").encode()
)


def _leaf(media_type: str, body: bytes) -> Sample:
    header = f"Content-Type: {media_type}; charset=utf-8\r\nX-Sample: yes\r\n\r\n".encode()
    return Sample(media_type, header + body, body)


def _multipart(subtype: str, children: list[Sample], preamble: bytes) -> Sample:
    # The depth of the tree below makes boundaries differ from each other, and none a prefix of another's line.
    boundary = b"=_%d_" % _depth(children)
    header = b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n' % (subtype.encode(), boundary)
    parts = b"".join(b"--%b\r\n%b\r\n" % (boundary, child.data) for child in children)
    body = b"%b\r\n%b--%b--\r\n" % (preamble, parts, boundary)
    return Sample(f"multipart/{subtype}", header + body, body, tuple(children))


def _depth(children: list[Sample] | tuple[Sample, ...]) -> int:
    return 1 + max((_depth(child.children) if child.children else 0) for child in children)


def _message(inner: Sample) -> Sample:
    data = b"Subject: inner\r\nFrom: bob@example.test\r\n" + inner.data
    child = Sample(inner.media_type, data, inner.body, inner.children)
    return Sample("message/rfc822", b"Content-Type: message/rfc822\r\n\r\n" + data, data, (child,))


samples = st.recursive(
    st.builds(_leaf, st.sampled_from(["text/plain", "text/html", "image/png", "application/pdf"]), _bodies),
    lambda inner: (
        st.builds(
            _multipart,
            st.sampled_from(["mixed", "alternative", "related", "signed"]),
            st.lists(inner, min_size=1, max_size=3),
            _bodies,
        )
        | st.builds(_message, inner)
    ),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A well-formed message with pieces cut out, doubled or put in."""
    data = b"Subject: =?utf-8?q?x?=\r\nFrom: A <a@b>\r\n" + draw(samples).data
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 30)))
        middle = draw(st.sampled_from([b"", data[start:end] * 2, *TOKENS]) | st.binary(max_size=3))
        data = data[:start] + middle + data[end:]
    return data


anything = st.binary(max_size=300) | soup | damaged()
