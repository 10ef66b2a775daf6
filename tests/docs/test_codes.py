"""Every refusal this server can utter has a page, and every page belongs to one."""

import re
from pathlib import Path

import pytest

from apps.mailflow import deliver_remote, next_hops, outbound_tls, smtp_client
from apps.protocols.smtp import replies
from apps.protocols.smtp.replies import Reply

PAGES = Path(__file__).parents[2] / "docs" / "codes"
LITERAL = re.compile(r'Reply\((\d+), "([0-9.]+)"')


def refusals() -> set[str]:
    """Names of the pages there must be, from the replies in the code."""
    sources = [
        Path(module.__file__ or "")
        for module in (replies, smtp_client, deliver_remote, next_hops, outbound_tls)
    ]
    found = {match.groups() for path in sources for match in LITERAL.finditer(path.read_text())}
    return {f"{code}-{enhanced}" for code, enhanced in found if int(code) >= 400}


@pytest.mark.parametrize("name", sorted(refusals()))
def test_a_refusal_has_its_page(name: str) -> None:
    code, enhanced = name.split("-")
    assert (PAGES / f"{name}.md").read_text().startswith(f"# {code} {enhanced}: ")
    assert f"({name}.md)" in (PAGES / "README.md").read_text()


def test_no_page_is_left_over() -> None:
    assert {path.stem for path in PAGES.glob("[45]*.md")} == refusals()


def test_the_reader_finds_constants() -> None:
    assert isinstance(replies.NO_SUCH_USER, Reply)
    assert "550-5.1.1" in refusals()
