"""The embedded PostgreSQL is told what its log may hold."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_what_statements_carry_stays_out_of_the_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW log_parameter_max_length")
        assert cursor.fetchone()[0] == "0"
        cursor.execute("SHOW log_parameter_max_length_on_error")
        assert cursor.fetchone()[0] == "0"
