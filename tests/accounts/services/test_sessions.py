"""Sessions grow old and are forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.services import sessions
from tests.factories import a_user

pytestmark = pytest.mark.django_db


def test_an_open_session_is_seen() -> None:
    session = Session.objects.create(user=a_user(), door="imap")
    Session.objects.update(seen_at=timezone.now() - timedelta(days=29))
    assert sessions.still_live([session.id]) == {session.id}
    sessions.forget_sessions()
    assert sessions.still_live([session.id]) == {session.id}


def test_a_session_nobody_sees_ends_and_is_forgotten() -> None:
    session = Session.objects.create(user=a_user(), door="imap")
    Session.objects.update(seen_at=timezone.now() - timedelta(days=31))
    assert sessions.forget_sessions() == 0
    session.refresh_from_db()
    assert session.ended_at is not None
    Session.objects.update(ended_at=timezone.now() - timedelta(days=91))
    assert sessions.forget_sessions() == 1


def test_nobody_ends_everybodys_sessions_by_leaving_out_whose() -> None:
    with pytest.raises(AssertionError):
        sessions.end_all()
