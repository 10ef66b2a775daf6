"""The demo is made once, and what its people changed since is left alone."""

from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.authentication import SignedIn, authenticate, authenticate_token
from apps.accounts.doors import Door
from apps.accounts.models import User
from apps.accounts.services import credentials
from apps.events.audit import SYSTEM
from apps.mailboxes.models import Mailbox
from apps.store.models import Content, Message
from workers.supervisor import demo, demo_data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(settings, "MAIL_STATE_DIR", tmp_path)
    return tmp_path


def signs_in(address: str, password: str) -> bool:
    return isinstance(authenticate(address, password, door=Door.IMAP, peer="127.0.0.1"), SignedIn)


def test_it_works_and_a_second_start_changes_nothing(state: Path) -> None:
    demo_data.ensure()
    kept = demo.load()
    assert (state / "secrets" / "demo.json").stat().st_mode & 0o777 == 0o600
    assert all(signs_in(person["address"], person["password"]) for person in kept["users"])
    assert isinstance(authenticate_token(kept["api_token"], peer="127.0.0.1"), SignedIn)
    alice = Mailbox.objects.get(local_part="alice", domain__name="example.test")
    assert Message.objects.filter(mailbox_id=alice.pk).count() == 60
    folders = Counter(Message.objects.filter(mailbox_id=alice.pk).values_list("folder_id", flat=True))
    assert len(folders) > 2

    credentials.set_password(
        user=User.objects.get(address="bob@example.test"), password="chosen by bob himself", actor=SYSTEM
    )
    demo_data.ensure()
    assert demo.load() == kept
    assert signs_in("bob@example.test", "chosen by bob himself")
    assert Content.objects.filter(mailbox_id=alice.pk).count() == 60
