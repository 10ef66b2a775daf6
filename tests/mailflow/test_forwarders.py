"""Whom an organisation believes: kept as written down last, tidied, and only what can be recognised."""

import pytest
from django.core.management import CommandError, call_command

from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.mailflow.forwarders import MOST, forwarders_of, set_forwarders
from apps.organisations.errors import DirectoryError
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    ours, theirs = factories.an_organisation(), factories.an_organisation()
    kept = set_forwarders(
        organisation=ours,
        words=[
            "Lists.Example.org",
            "192.0.2.7/24",
            "bücher.example",
            " ",
            "lists.example.org",
            "2001:db8::1",
        ],
        actor=SYSTEM,
    )
    assert kept == ["192.0.2.0/24", "2001:db8::1/128", "lists.example.org", "xn--bcher-kva.example"]
    assert forwarders_of(ours.id) == kept
    assert forwarders_of(theirs.id) == []
    set_forwarders(organisation=ours, words=["lists.example.org", "other.example"], actor=SYSTEM)
    told = AuditEntry.objects.filter(action="organisation.forwarders").latest("id")
    assert told.details["added"] == ["other.example"]
    assert len(told.details["removed"]) == 3


@pytest.mark.parametrize(
    "word", ["no domain", "0.0.0.0/0", "::/0", "10.0.0.0/7", "a@b.example", "x" * 300, "*.example.org"]
)
def test_what_cannot_be_recognised_is_refused(word: str) -> None:
    ours = factories.an_organisation()
    with pytest.raises(DirectoryError):
        set_forwarders(organisation=ours, words=["fine.example", word], actor=SYSTEM)
    assert forwarders_of(ours.id) == []


def test_there_is_an_end() -> None:
    words = [f"d{number}.example" for number in range(MOST + 1)]
    with pytest.raises(DirectoryError):
        set_forwarders(organisation=factories.an_organisation(), words=words, actor=SYSTEM)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    name = factories.an_organisation().name
    call_command("forwarder", "add", name, "lists.example.org", "192.0.2.0/24")
    call_command("forwarder", "remove", name, "192.0.2.0/24")
    call_command("forwarder", "list", name)
    assert capsys.readouterr().out.splitlines()[-1] == "lists.example.org"
    with pytest.raises(CommandError, match="not believed anyway"):
        call_command("forwarder", "remove", name, "192.0.2.0/24")
