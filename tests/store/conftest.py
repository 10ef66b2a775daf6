"""What tests of the store may ask for."""

import pytest
from django.db import connection

TABLES = (
    "store_message", "store_content", "store_folderlog", "store_blob", "store_pack", "store_snapshot",
    "store_subscription", "store_folderacl", "store_seen", "store_folder", "store_keyword",
    "queue_attempt", "queue_recipient", "queue_message",
)  # fmt: skip


@pytest.fixture
def an_empty_store(db: None) -> None:
    """Let a test count everything there is: what others committed is gone until it is rolled back."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")
        # The mailboxes themselves stay, and hold nothing now.
        cursor.execute("UPDATE mailboxes_usage SET bytes = 0, messages = 0")
