"""What looks at too much ends by itself."""

import pytest
from django.db import connection, transaction

from apps.events.patience import TooSlowError, patience
from apps.events.transactions import perform, query

pytestmark = pytest.mark.django_db


def test_a_statement_that_takes_too_long_ends() -> None:
    with pytest.raises(TooSlowError), patience(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    with pytest.raises(TooSlowError), patience(0.05):
        perform(query("SELECT pg_sleep(5)"))
    with transaction.atomic():
        assert perform(query("SELECT 1::int")) == [(1,)]


def test_other_faults_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match="other"), patience():
        raise ValueError("other")
