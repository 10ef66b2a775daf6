"""The mail tables have sixteen partitions each, and a database where they do not is refused."""

import pytest
from django.core.management import call_command
from django.db import connection

from apps.store.partitions import COUNT, PARTITIONED, check_partitions, wrong
from workers.supervisor.prepare import mistakes


@pytest.mark.django_db
def test_the_migration_made_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [list(PARTITIONED)])
        assert wrong(dict(cursor.fetchall())) == []
    assert check_partitions(["default"]) == []


@pytest.mark.django_db
def test_a_missing_one_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE store_pack_7")
    assert [error.id for error in check_partitions(["default"])] == ["store.E001"]


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.django_db
def test_the_start_refuses_a_database_split_otherwise() -> None:
    assert mistakes() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE store_pack_7")
    assert mistakes() == ["store_pack has 15 partitions instead of 16"]
