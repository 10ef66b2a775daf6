"""Two windows on one draft: what one of them sends, the other does not bring back."""

from functools import partial

import pytest

from apps.mailflow.models import Draft
from apps.mailflow.writing import drafts, sending
from apps.mailflow.writing.sending import Sent

from .desk import NOW, a_desk, a_letter, new_id
from .test_sending import at_once

LETTER = a_letter("bob@far.example")


@pytest.mark.usefixtures("real_database")
def test_what_is_saved_while_it_is_sent_does_not_come_back() -> None:
    alice = a_desk()
    for _ in range(5):
        draft_id = new_id()
        saved, went = at_once(
            partial(drafts.save, **alice.me, draft_id=draft_id, revision=0, fields=LETTER, now=NOW),
            partial(sending.send, **alice.me, draft_id=draft_id, revision=0, fields=LETTER, now=NOW),
        )
        assert isinstance(saved, drafts.Saved) != isinstance(went, Sent)
        assert Draft.objects.filter(id=draft_id).exists() == isinstance(saved, drafts.Saved)
