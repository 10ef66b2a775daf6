"""Judgements are written down whatever strangers wrote."""

import uuid

import pytest

from apps.events.transactions import perform
from apps.spam.judged import Record
from apps.spam.models import Judgement
from apps.spam.services.judgements import write
from tests.factories import a_mailbox


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "kept"),
    [("six \\u0000 signs", "six \\u0000 signs"), ("nu\0l", "nul"), ("half \ud800 a pair", "half ? a pair")],
)
def test_what_mallory_writes_stops_no_mail(written: str, kept: str) -> None:
    alice = a_mailbox("alice")
    decision = {"action": "inbox", "score": 1.0, "probability": 0.7, "reason": "clean", "note": written}
    symbols = [["A_RULE", 1.0, "rule", written, "spam"]]
    trace_id = uuid.uuid4()
    perform(
        write(
            [Record(alice.pk, alice.domain.organisation_id, trace_id, "m@x.example", "x", decision, symbols)]
        )
    )
    row = Judgement.objects.get(trace_id=trace_id)
    assert (row.symbols[0][3], row.detail["note"]) == (kept, kept)
