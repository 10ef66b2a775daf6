# ruff: noqa: RUF001
"""Where mallory's links lead, whatever they look like."""

import pytest

from apps.spam.content.letters import mixed_words, skeleton
from apps.spam.content.places import place_of, unicode_host
from tests.spam.reading.letters import letter

from .found import found


@pytest.mark.parametrize(
    ("url", "host", "domain"),
    [
        ("https://www.Example.co.uk/a", "www.example.co.uk", "example.co.uk"),
        ("HTTP:\\\\evil.test\\a", "evil.test", "evil.test"),
        ("//evil.test/x", "evil.test", "evil.test"),
        ("http:evil.test", "evil.test", "evil.test"),
        ("https:///evil.test", "evil.test", "evil.test"),
        ("https://bank.test@evil.test:99/", "evil.test", "evil.test"),
        ("https://ev%69l.test/", "evil.test", "evil.test"),
        ("https://evil\u3002test/", "evil.test", "evil.test"),
        ("http://3232235777/", "192.168.1.1", "192.168.1.1"),
        ("http://0x5d.0xb8.0xd8.0x22/", "93.184.216.34", "93.184.216.34"),
        ("http://0135.0270.0330.042/", "93.184.216.34", "93.184.216.34"),
        ("http://[2606:2800:220:1::1]/", "2606:2800:220:1::1", "2606:2800:220:1::1"),
        ("http://[bad/", "", ""),
        ("mailto:a@b.test", "", ""),
        ("javascript:x", "", ""),
        ("", "", ""),
    ],
)
def test_an_address_is_read_as_a_browser_reads_it(url: str, host: str, domain: str) -> None:
    place = place_of(url)
    assert (place.host, place.domain) == (host, domain)


def link(href: str, text: str = "here", sender: str = "mallory@evil.test") -> dict[str, str]:
    return found(letter(f'<p>Look</p><a href="{href}">{text}</a>', sender=sender))


@pytest.mark.parametrize(
    ("name", "href", "text"),
    [
        ("URL_IP_ADDRESS", "http://93.184.216.34/", "here"),
        ("URL_IP_ADDRESS", "http://1572395042/", "here"),
        ("URL_USERINFO", "https://paypal.com@evil.test/", "here"),
        ("URL_ODD_PORT", "https://evil.test:4711/", "here"),
        ("URL_PUNYCODE", "https://xn--mnchen-3ya.test/", "here"),
        ("URL_HOST_IMITATES", "https://paypal.com.evil.test/", "here"),
        ("URL_HOST_IMITATES", "https://secure-paypal.evil.test/", "here"),
        ("URL_HOST_IMITATES", "https://paypa1.test/", "here"),
        ("URL_HOST_IMITATES", "https://paypal-security.test/", "here"),
        ("URL_HOST_IMITATES", "https://x.evil.test/".replace("x", "amazon.co.jp"), "here"),
        ("URL_HOST_IMITATES", "https://xn--pypal-4ve.test/", "here"),
        ("URL_HOST_MIXED_SCRIPTS", "https://p\u0430ypal.test/", "here"),
        ("URL_MANY_LABELS", "https://a.b.c.d.e.f.evil.test/", "here"),
        ("URL_SHORTENER", "https://bit.ly/x", "here"),
        ("URL_REDIRECTOR", "https://www.google.com/url?q=https%3A%2F%2Fevil.test/x", "here"),
        ("URL_FREE_PAGE", "https://login-page.web.app/", "here"),
        ("URL_FREE_PAGE", "https://docs.google.com/forms/d/x", "here"),
        ("URL_PROGRAM", "https://evil.test/setup.exe?x=1", "here"),
        ("URL_JAVASCRIPT", "java\tscript:alert(1)", "here"),
        ("URL_DATA", "data:text/html;base64,PGI+", "here"),
        ("URL_ODD_HOST", "\\\\evil.test\\share\\a.lnk", "here"),
        ("URL_TEXT_OTHER_HOST", "https://evil.test/", "https://example.org/"),
        ("URL_TEXT_BRAND_HOST", "https://evil.test/", "www.paypal.com"),
        ("URL_TEXT_BRAND", "https://evil.test/", "Sign in to PayPal"),
        ("URL_NAMES_RECIPIENT", "https://evil.test/#alice@example.test", "here"),
    ],
)
def test_a_link_of_mallorys(name: str, href: str, text: str) -> None:
    assert name in link(href, text)


@pytest.mark.parametrize(
    ("href", "text", "sender"),
    [
        ("https://example.test/", "here", "bob@example.test"),
        ("https://www.paypal.com/de/x", "Log in to PayPal", "service@paypal.de"),
        ("https://click.mail.example.test/?u=1", "example.test", "bob@example.test"),
        (
            "https://news.example.test/unsubscribe?email=alice@example.test",
            "Unsubscribe",
            "news@example.test",
        ),
        ("https://www.facebook.com/example", "Facebook", "news@example.test"),
        ("https://track.example.net/x", "Facebook", "news@example.test"),
        ("http://192.168.1.1/", "the router", "bob@example.test"),
        ("http://localhost:8000/", "http://localhost:8000/", "bob@example.test"),
        ("https://www.google.com/search?q=x", "here", "bob@example.test"),
        ("https://netflix.slack.com/archives", "here", "bob@example.test"),
        ("https://amazon.wd5.myworkdayjobs.com/x", "here", "bob@example.test"),
        ("https://apple-tree.test/", "here", "bob@example.test"),
        ("https://www.sparkasse-bremen.test/", "here", "bob@example.test"),
        ("https://teams.mail.microsoft/x", "here", "bob@example.test"),
        ("https://www.amazon.de/dp/X", "book", "bob@example.test"),
        ("https://de.wikipedia.org/wiki/K\u00f6ln", "Köln", "bob@example.test"),
        ("mailto:bob@example.test", "write to me", "bob@example.test"),
        ("cid:x", "x", "bob@example.test"),
    ],
)
def test_links_of_bobs_weigh_nothing(href: str, text: str, sender: str) -> None:
    names = set(link(href, text, sender)) - {"URL_ONE_ONLY", "BULK_UNSUBSCRIBE_LINK"}
    assert names == set()


def test_many_links_take_their_time() -> None:
    names = found(letter("".join(f"<a href='https://h{number}.test/'>x</a>" for number in range(900))))
    assert "URL_IP_ADDRESS" not in names


def test_letters_that_look_like_others() -> None:
    assert skeleton("PаyPа1") == skeleton("paypal")
    assert skeleton("rnicrosoft") == skeleton("microsoft")
    assert skeleton("amazön") == skeleton("amazon")
    assert mixed_words("Yоur pаypаl and кВт, µm, Москва, ΔT, COVID-19-тест, SIM-карта, IT-компания") == [
        "Yоur",
        "pаypаl",
    ]
    assert unicode_host("xn--mnchen-3ya.test") == "münchen.test"
    assert unicode_host("xn--\u00fc.test") == "\u00fc.test"
