"""What a page of webmail asks of the store: `python -m bench.webmail [MESSAGES]`.

Milliseconds as a request waits for them, 50 rows at places all over the folder, and what PostgreSQL plans for it.
"""

import datetime as dt
import statistics
import sys
import time
from collections.abc import Callable

from bench.stage import stage

ROUNDS = 60


def timed(name: str, work: Callable[[int], object], rounds: int = ROUNDS) -> None:
    """Say what the first call costs, and then the usual and the slow ones."""
    took = []
    for n in range(rounds + 1):
        began = time.perf_counter()
        work(n)
        took.append(1000 * (time.perf_counter() - began))
    rest = sorted(took[1:] or took)
    slow = rest[int(0.95 * len(rest))]
    print(
        f"{name:52} first {took[0]:7.1f}  median {statistics.median(rest):6.1f}  p95 {slow:6.1f} ms",
        flush=True,
    )


def main() -> None:
    """Fill a folder and read it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with stage():
        from apps.accounts.models import User
        from apps.domains.models import Domain
        from apps.events.transactions import perform, query
        from apps.mailboxes.models import Mailbox, Usage
        from apps.organisations.models import Organisation
        from apps.protocols.searching import parse
        from apps.store import list_window
        from apps.store.finding import search
        from apps.store.folder_states import FolderStates
        from apps.store.folder_tree import folder_tree
        from apps.store.list_facts import FolderFacts
        from apps.store.list_window import Filter, Order, changes_since, window
        from apps.store.sql import lists
        from apps.store.values import FolderRef
        from bench import filler

        organisation = Organisation.objects.create(name="Bench")
        domain = Domain.objects.create(name="bench.test", organisation=organisation)
        user = User.objects.create(address="bob@bench.test", domain=domain, organisation=organisation)
        mailbox = Mailbox.objects.create(domain=domain, local_part="bob", owner=user)
        Usage.objects.get_or_create(mailbox=mailbox)
        ref = FolderRef(mailbox.pk, perform(filler.fill(mailbox.pk, organisation.pk, count)))
        # Three messages a conversation, far apart.
        perform(query("UPDATE store_content SET thread_id = id %% %s WHERE mailbox_id = %s RETURNING 1",
                      [count // 3 + 1, mailbox.pk]))  # fmt: skip
        perform(filler.settle())

        def forget() -> None:
            list_window.STATES = FolderStates()  # type: ignore[attr-defined]
            list_window.FACTS = FolderFacts()  # type: ignore[attr-defined]

        def at(n: int) -> int:
            return n * 7919 % max(count - 50, 1)

        timed("folder tree", lambda _: folder_tree(mailbox.pk))
        timed("window, process cold, no snapshot", lambda n: window(ref, start=at(n), count=50), 0)
        for name, options in {
            "window": {},
            "window, the last rows": {"start": count - 50},
            "window, unread only": {"filter": Filter(unread=True)},
            "window, with attachments": {"filter": Filter(attachment=True)},
            "window, conversations": {"grouped": True},
            "window, by date": {"order": Order.DATE},
            "window, by sender": {"order": Order.FROM},
            "window, by subject": {"order": Order.SUBJECT},
        }.items():
            forget()
            timed(name, lambda n, options=options: window(ref, **{"start": at(n), "count": 50} | options))  # type: ignore[misc]
        forget()
        for text in ("from:bob", "subject:\"subject 77\"", "subject:nowhere", "from:nowhere cc:nobody", "is:unread has:attachment",
                     "quarterly", "body:nowhere"):  # fmt: skip
            what = parse(text, today=dt.date(2026, 11, 24))
            timed(f"search {text}, first answer", lambda _, what=what: search(mailbox.pk, what), 20)  # type: ignore[misc]
            turns, after, began = 0, "", time.perf_counter()
            while turns < 100:
                found = search(mailbox.pk, what, after=after)
                turns += 1
                if found.cursor is None or found.rows:
                    break
                after = found.cursor
            print(
                f"    {turns} answers, {time.perf_counter() - began:.1f} s to the first rows or the end",
                flush=True,
            )
        page = window(ref, start=0, count=50)
        assert page is not None
        timed("changes since, nothing new", lambda _: changes_since(ref, page.modseq))
        uids = [row.uid for row in page.rows]
        for (line,) in perform(
            query("EXPLAIN (ANALYZE, BUFFERS) " + lists.ROWS, [*(mailbox.pk, ref.folder_id), uids])
        ):
            print("   ", line)


if __name__ == "__main__":
    main()
