"""What mail programs read to set themselves up."""

import plistlib
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.programs import apple, autoconfig, autodiscover
from apps.protocols.programs.autodiscover import Asked
from apps.protocols.programs.offer import Offer

OFFER = Offer("mail.example.test", 993, 143, 465, 587)
OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
# What Outlook 2016 sends, as its log has it.
ASKED = b"""<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request>
    <EMailAddress>alice@example.test</EMailAddress>
    <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
  </Request>
</Autodiscover>"""


def test_thunderbird_finds_servers_by_tls_first() -> None:
    found = ET.fromstring(autoconfig.write("example.test", OFFER))
    assert (found.tag, found.get("version")) == ("clientConfig", "1.1")
    provider = found.find("emailProvider")
    assert provider is not None
    assert provider.get("id") == provider.findtext("domain") == "example.test"
    servers = [
        (one.tag, one.get("type"), one.findtext("hostname"), one.findtext("port"), one.findtext("socketType"))
        for one in provider
        if one.tag.endswith("Server")
    ]
    assert servers == [
        ("incomingServer", "imap", "mail.example.test", "993", "SSL"),
        ("incomingServer", "imap", "mail.example.test", "143", "STARTTLS"),
        ("outgoingServer", "smtp", "mail.example.test", "465", "SSL"),
        ("outgoingServer", "smtp", "mail.example.test", "587", "STARTTLS"),
    ]


def test_outlook_is_told_the_same() -> None:
    asked = autodiscover.read(ASKED)
    assert asked == Asked("alice@example.test", is_outlook=True)
    found = ET.fromstring(autodiscover.write(asked.address, OFFER))
    protocols = [
        [one.findtext(OUTLOOK + name) for name in ("Type", "Server", "Port", "LoginName", "SSL", "SPA")]
        for one in found.iter(OUTLOOK + "Protocol")
    ]
    assert protocols == [
        ["IMAP", "mail.example.test", "993", "alice@example.test", "on", "off"],
        ["SMTP", "mail.example.test", "465", "alice@example.test", "on", "off"],
    ]
    account = found.find(f"{OUTLOOK}Response/{OUTLOOK}Account")
    assert account is not None
    assert account.findtext(f"{OUTLOOK}Action") == "settings"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (b"\xef\xbb\xbf" + ASKED, Asked("alice@example.test", is_outlook=True)),
        (
            ASKED.decode().replace("utf-8", "utf-16").encode("utf-16"),
            Asked("alice@example.test", is_outlook=True),
        ),
        (
            b"<a:EMailAddress>\r\n bob@example.test </a:EMailAddress>",
            Asked("bob@example.test", is_outlook=True),
        ),
        (
            b"<emailaddress>o&apos;hara@example.test</emailaddress>",
            Asked("o'hara@example.test", is_outlook=True),
        ),
        (
            (
                b"<EMailAddress>a@b.test</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/"
                b"autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema>"
            ),
            Asked("a@b.test", is_outlook=False),
        ),
        (b"", None),
        (b"<Request></Request>", None),
        (ASKED + b" " * 20_000, None),
    ],
)
def test_questions_come_in_several_spellings(body: bytes, asked: Asked | None) -> None:
    assert autodiscover.read(body) == asked


@given(st.binary(max_size=400))
def test_no_question_fails(body: bytes) -> None:
    autodiscover.read(body)


def test_what_was_asked_cannot_write_into_the_answer() -> None:
    for document in (
        autodiscover.write("<x>&@example.test", OFFER),
        autodiscover.refuse(600, "<x>&", "0"),
        autoconfig.write('"<x>&', OFFER),
    ):
        assert b"<x>" not in document
        ET.fromstring(document)


def test_a_profile_sets_up_apples_mail() -> None:
    data = apple.write("alice@example.test", name="Alice", organisation="Example", title="Mail", offer=OFFER)
    profile = plistlib.loads(data)
    [account] = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert account["EmailAccountType"] == "EmailTypeIMAP"
    for way, port in (("Incoming", 993), ("Outgoing", 465)):
        assert account[f"{way}MailServerHostName"] == "mail.example.test"
        assert account[f"{way}MailServerPortNumber"] == port
        assert account[f"{way}MailServerUseSSL"] is True
        assert account[f"{way}MailServerUsername"] == "alice@example.test"
    assert not any(name.endswith("Password") and isinstance(value, str) for name, value in account.items())
    # Made again it is the same, so that the device replaces it and has not two.
    assert data == apple.write(
        "alice@example.test", name="Alice", organisation="Example", title="Mail", offer=OFFER
    )
    other = plistlib.loads(
        apple.write("bob@example.test", name="", organisation="", title="Mail", offer=OFFER)
    )
    assert other["PayloadUUID"] != profile["PayloadUUID"]
