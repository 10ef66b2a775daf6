"""Queue, trace, audit trail and system over the API."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events import trace
from apps.events.models import AuditEntry
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.queue.models import QueuedMessage, QueuedRecipient, State
from tests.api.asking import Api
from tests.factories import a_domain, a_mailbox, a_role, a_user
from tests.queue.letters import a_letter, local, remote

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def alice(domain: Domain) -> Mailbox:
    return a_mailbox("alice", domain=domain)


def staff(kind: str, domain: Domain) -> User:
    user = a_user(kind.replace("_", "-"), domain=domain)
    if kind in {"domain_admin", "domain_support"}:
        a_role(user, kind.replace("domain_support", "support"), domain=domain)
    else:
        a_role(user, kind, organisation=domain.organisation)
    return user


def wait(domain: Domain, *recipients: Any, sender: str = "") -> list[QueuedRecipient]:
    [message] = perform(a_letter(*recipients, sender=sender or f"alice@{domain.name}"))
    return list(QueuedRecipient.objects.filter(message_id=message).order_by("id"))


def far(domain: Domain, name: str = "x@far.example") -> Any:
    return remote(name, domain.organisation_id)


def test_it_works(domain: Domain) -> None:
    api = Api(staff("organisation_admin", domain))
    [one, two] = wait(domain, far(domain), far(domain, "y@near.example"))
    items = api.get("queue")["items"]
    assert [item["address"] for item in items] == ["x@far.example", "y@near.example"]
    assert items[0]["why"] == "Waiting for its first attempt."
    assert [item["id"] for item in api.get("queue?domain=near.example")["items"]] == [two.pk]
    held = api.post(f"queue/{one.pk}/actions", {"action": "hold", "reason": "asked"}, 200)
    assert held == {"changed": 1, "left": 0, "ids": [one.pk]}
    assert api.get(f"queue/{one.pk}")["why"] == "Held until released: asked."
    assert [item["id"] for item in api.get("queue?state=held")["items"]] == [one.pk]
    assert api.post(f"queue/{one.pk}/actions", {"action": "retry"}, 200)["left"] == 1
    assert api.post(f"queue/{one.pk}/actions", {"action": "release"}, 200)["changed"] == 1
    assert AuditEntry.objects.filter(action="queue.hold", organisation_id=domain.organisation_id).exists()


def test_a_bounce_tells_the_sender_and_a_cancel_does_not(domain: Domain, alice: Mailbox) -> None:
    api = Api(staff("organisation_admin", domain))
    [one, two] = wait(domain, far(domain), far(domain, "y@far.example"))
    body = {"action": "bounce", "ids": [one.pk], "reason": "our secret"}
    assert api.post("queue/actions", body, 200)["changed"] == 1
    report = QueuedMessage.objects.get(sender="", organisation_id=domain.organisation_id)
    assert report.recipients.get().mailbox_id == alice.pk
    assert api.post("queue/actions", {"action": "cancel", "filter": {"address": "y@far.example"}}, 200)[
        "ids"
    ] == [two.pk]
    assert QueuedMessage.objects.filter(sender="", organisation_id=domain.organisation_id).count() == 1
    one.refresh_from_db()
    assert (one.state, one.last_reply) == (State.FAILED, "550 5.7.1 Returned by the postmaster")
    events = perform(trace.story(one.message.trace_id))
    assert [event.kind for event in events] == ["failed", "bounced", "cancelled"]
    assert "our secret" in str(events)


def test_what_waits_is_summed_up_by_its_cause(domain: Domain) -> None:
    waiting = wait(domain, *(far(domain, f"u{n}@far.example") for n in range(3)))
    QueuedRecipient.objects.filter(id__in=[item.pk for item in waiting[:2]]).update(
        last_reply="421 4.7.0 Too many messages, try later", attempts=1
    )
    [first, second] = Api(staff("support", domain)).get("queue/causes")["items"]
    assert (first["code"], first["recipients"], first["domain"]) == ("421 4.7.0", 2, "far.example")
    assert (second["code"], second["recipients"]) == ("", 1)
    api = Api(staff("organisation_admin", domain))
    assert len(api.get("queue?code=421 4.7.0")["items"]) == 2
    assert api.get("queue?code=421")["items"][0]["why"].startswith("Not accepted yet: “421 4.7.0 Too many")
    assert api.post("queue/actions", {"action": "retry", "filter": {"code": "421"}}, 200)["changed"] == 2


def test_of_the_queue_one_sees_what_is_ones_own_to_look_after(domain: Domain, alice: Mailbox) -> None:
    other = a_domain(organisation=domain.organisation)
    [mine] = wait(domain, local(alice.pk, domain.organisation_id, str(alice)), sender="x@far.example")
    [out] = wait(domain, far(domain))
    [theirs] = wait(other, far(other), sender=f"carol@{other.name}")
    everything = [mine.pk, out.pk, theirs.pk]
    for kind, seen in (
        ("organisation_admin", everything),
        ("auditor", everything),
        ("domain_admin", [mine.pk, out.pk]),
        ("domain_support", [mine.pk, out.pk]),
    ):
        api = Api(staff(kind, domain))
        assert [item["id"] for item in api.get("queue")["items"]] == seen
        for recipient in everything:
            api.get(f"queue/{recipient}", 200 if recipient in seen else 404)
        assert sum(item["recipients"] for item in api.get("queue/causes")["items"]) == len(seen)
    reader = Api(staff("support", domain))
    assert reader.post(f"queue/{mine.pk}/actions", {"action": "hold"}, 403)
    assert reader.post("queue/actions", {"action": "hold", "filter": {}}, 403)
    assert Api(alice.owner).get("queue")["items"] == []
    mallory = staff("organisation_admin", a_domain())
    assert Api(mallory).get("queue")["items"] == []
    Api(mallory).post(f"queue/{mine.pk}/actions", {"action": "cancel"}, 404)
    assert Api(mallory).post("queue/actions", {"action": "cancel", "ids": everything}, 200)["changed"] == 0
    assert Api(mallory).post("queue/actions", {"action": "cancel", "filter": {}}, 200)["changed"] == 0


@pytest.mark.parametrize(
    "body",
    [{"action": "retry"}, {"action": "retry", "ids": [1], "filter": {}}, {"action": "burn", "ids": [1]}],
)
def test_a_bulk_action_says_what_and_on_what(domain: Domain, body: Any) -> None:
    Api(staff("organisation_admin", domain)).post("queue/actions", body, 400)


def told(
    kind: trace.Kind, organisation_id: int | None, trace_id: uuid.UUID, *keys: str, **detail: Any
) -> None:
    found = trace.keys_of(message_id=detail.get("message_id", ""), addresses=keys)
    perform(trace.record([trace.Event(trace_id, kind, organisation_id, detail, found)]))


@pytest.fixture
def lunch(domain: Domain, alice: Mailbox) -> uuid.UUID:
    """Alice wrote to bob, of another organisation, and to a stranger."""
    bob, lunch = a_mailbox("bob"), uuid.uuid4()
    sender, recipients = str(alice), [str(bob), "x@far.example"]
    told(trace.Kind.ACCEPTED, None, lunch, sender, *recipients, sender=sender,
         recipients=recipients, origin="submission", message_id="<1@Example.test>")  # fmt: skip
    told(trace.Kind.FILED, bob.domain.organisation_id, lunch, recipient=str(bob), folder="Junk")
    told(trace.Kind.DELIVERED, domain.organisation_id, lunch, recipient="x@far.example", reply="250 Ok")
    return lunch


def kinds(api: Api, trace_id: uuid.UUID) -> list[str]:
    return [event["kind"] for event in api.get(f"trace/{trace_id}")["events"]]


def test_a_story_is_told_as_far_as_one_may_know(domain: Domain, alice: Mailbox, lunch: uuid.UUID) -> None:
    bob = Mailbox.objects.get(local_part="bob")
    assert bob.owner is not None
    root = Api(staff("superadmin", a_domain()))
    assert kinds(root, lunch) == ["accepted", "filed", "delivered"]
    # The sender hears that it arrived, and not in which folder.
    sender = Api(alice.owner)
    events = sender.get(f"trace/{lunch}")["events"]
    assert [event["kind"] for event in events] == ["accepted", "delivered", "delivered"]
    assert "Junk" not in str(events)
    # The reader hears of the folder, and not of other recipients.
    reader = Api(bob.owner)
    events = reader.get(f"trace/{lunch}")["events"]
    assert [event["kind"] for event in events] == ["accepted", "filed"]
    assert "far.example" not in str(events)
    assert events[0]["detail"]["recipients"] == [str(bob)]
    for kind in ("organisation_admin", "domain_admin", "support"):
        assert "Junk" not in str(Api(staff(kind, domain)).get(f"trace/{lunch}"))
    mallory = Api(staff("organisation_admin", a_domain()))
    mallory.get(f"trace/{lunch}", 404)
    for who in (root, sender, reader):
        assert [item["trace_id"] for item in who.get("trace?message_id=<1@example.TEST>")["items"]] == [
            str(lunch)
        ]
    assert mallory.get("trace?message_id=1@example.test")["items"] == []
    assert mallory.get("trace")["items"] == []


def test_who_claims_to_be_the_sender_learns_nothing(domain: Domain, alice: Mailbox) -> None:
    forged = uuid.uuid4()
    mallory = staff("organisation_admin", a_domain())
    claimed = f"mallory@{mallory.domain.name}"
    told(trace.Kind.ACCEPTED, domain.organisation_id, forged, claimed, str(alice),
         sender=claimed, recipients=[str(alice)], origin="mx", message_id=f"<1@{mallory.domain.name}>")  # fmt: skip
    assert "alice" not in str(Api(mallory).get("trace"))
    assert "alice" not in str(Api(mallory).get(f"trace/{forged}"))
    assert len(Api(alice.owner).get("trace")["items"]) == 1


def test_messages_come_page_by_page(alice: Mailbox) -> None:
    for n in range(5):
        told(trace.Kind.REFUSED, None, uuid.uuid4(), str(alice), recipient=str(alice), reason=f"r{n}")
    api, seen = Api(alice.owner), []
    cursor: Any = ""
    for _ in range(3):
        answer = api.get(f"trace?limit=2&cursor={cursor}")
        seen += [item["trace_id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert len(set(seen)) == 5
    assert cursor is None
    api.get("trace?cursor=WzFd", 400)


def test_the_audit_trail_is_read_by_who_may(domain: Domain) -> None:
    api = Api(staff("auditor", domain))
    items = api.get("audit?action=user.create")["items"]
    assert [item["target"] for item in items] == [f"auditor@{domain.name}"]
    assert len(items[0]["hash"]) == 64
    assert {item["organisation_id"] for item in api.get("audit?limit=200")["items"]} == {
        domain.organisation_id
    }
    Api(staff("domain_admin", domain)).get("audit", 403)


def test_only_a_superadmin_sees_the_system(domain: Domain, settings: Any) -> None:
    settings.MAIL_HEALTH_PORTS = ["gone=127.0.0.1:1"]
    found = Api(staff("superadmin", domain)).get("system")
    assert (found["health"], found["version"]) == ({"database": "ok", "valkey": "ok"}, "0.1.0")
    assert found["processes"] == [{"name": "gone", "is_ready": False, "says": {"process": "unreachable"}}]
    assert found["valkey"]
    Api(staff("organisation_admin", domain)).get("system", 403)


@pytest.mark.parametrize("path", ["queue", "audit", "trace"])
def test_a_page_costs_the_same_however_long(domain: Domain, alice: Mailbox, path: str) -> None:
    api = Api(staff("organisation_admin", domain))

    def count() -> int:
        api.get(path)
        with CaptureQueriesContext(connection) as captured:
            api.get(f"{path}?limit=200")
        return len(captured)

    wait(domain, far(domain))
    told(trace.Kind.REFUSED, None, uuid.uuid4(), str(alice), recipient=str(alice))
    before = count()
    wait(domain, *(far(domain, f"u{n}@far.example") for n in range(5)))
    told(trace.Kind.REFUSED, None, uuid.uuid4(), str(alice), recipient=str(alice))
    # The trace bounds its statements: BEGIN, how long one may take, and COMMIT.
    assert count() == before <= 13
