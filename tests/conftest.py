"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from hypothesis import settings
from pytest_django import DjangoDbBlocker

# How long one example takes depends on who else uses the machine; tests of speed measure for themselves.
settings.register_profile("shared", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=30)

# Faces and whole journeys: each of their tests signs somebody in and draws a page, starts processes, or carries
# mail from door to door past real name servers; and those that need folders of thousands of messages. All are
# `slow`: `make test` runs them, and the quick gate does not even import them.
HERE = Path(__file__).parent
LATER = tuple(
    HERE / name
    for name in (
        "accounts/test_web.py", "api", "console", "domains", "mailflow", "pages", "reports", "screens", "supervisor",
        "webmail", "workers/jobs", "store/test_folder_cache.py", "store/test_packing.py", "store/test_packs.py",
        "store/test_queries.py", "store/services/test_recount.py",
    )
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples of a property where slow tests are not wanted."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "shared")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave them alone where slow tests are not wanted."""
    return True if "not slow" in config.option.markexpr and collection_path in LATER else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them slow."""
    for item in items:
        if any(item.path.is_relative_to(later) for later in LATER):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Make the test database, for tests that ask for `real_database` only, too.

    This database's audit trail may be emptied between tests, which its trigger refuses elsewhere.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": True})
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {name} SET mailplatform.discard_audit = 'on'")
        connection.close()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def real_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a test commit, as services on several connections must; it leaves its rows behind, nothing truncates.

    So it makes an organisation of its own, or empties the small table it counts.
    """
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.fixture
def nothing_told(db: None) -> None:
    """Empty the audit trail for one test; tests that commit leave entries behind."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_auditentry")
