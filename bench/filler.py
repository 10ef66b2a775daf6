"""Fills a folder with many messages by SQL, for benchmarks: rows as the store's services would write them."""

from apps.events.transactions import Plan, Run, query
from apps.protocols.mime.scan import scan
from apps.store import blobs
from bench import mime

SHAPES = 8

FOLDER = """
INSERT INTO store_folder (mailbox_id, name, uidvalidity, uidnext, modseq, n_messages, n_unseen, n_bytes)
SELECT %(mailbox)s::bigint, 'INBOX', 1, %(count)s::bigint + 1, 2, %(count)s::int, %(count)s::int / 2, 0 RETURNING id
"""
CONTENT = """
INSERT INTO store_content (mailbox_id, id, organisation_id, blob_hash, size, internaldate, thread_id, sent_at,
  envelope, structure, parts, subject, from_addr, to_addr)
SELECT %(mailbox)s::bigint, %(base)s::bigint + n, %(organisation)s::bigint, t.h, t.s, 1700000000 + n * 60, n,
  1700000000 + n * 60, convert_to(replace(convert_from(t.e, 'UTF8'), 'CAF=abc.123', md5(n::text)), 'UTF8'),
  t.b, t.p, 'Subject ' || n, 'bob@example.test', 'alice@example.test'
FROM generate_series(1, %(count)s::bigint) n
JOIN unnest(%(h)s::bytea[], %(s)s::bigint[], %(e)s::bytea[], %(b)s::bytea[], %(p)s::bytea[])
  WITH ORDINALITY AS t (h, s, e, b, p, o) ON t.o = n %% %(shapes)s::bigint + 1
"""
MESSAGES = """
INSERT INTO store_message (mailbox_id, folder_id, uid, modseq, flags, content_id, internaldate, size, saved_at)
SELECT %(mailbox)s::bigint, %(folder)s::bigint, n, 2, (n %% 2) | ((n %% 7 = 0)::int << 1) | ((n %% 50 = 0)::int << 2),
  c.id, c.internaldate, c.size, c.internaldate
FROM generate_series(1, %(count)s::bigint) n
JOIN store_content c ON c.mailbox_id = %(mailbox)s::bigint AND c.id = %(base)s::bigint + n
"""


def fill(mailbox_id: int, organisation_id: int, count: int) -> Plan[int]:
    """Make INBOX with `count` messages; returns its id. The log starts after them."""
    bodies = [
        mime.plain().replace(b"quarterly", b"number %d of the quarterly" % n)
        if n < 5
        else mime.alternative(10 * n)
        for n in range(SHAPES)
    ]
    refs = yield from blobs.put_many(organisation_id, bodies)
    scanned = [scan(body) for body in bodies]
    params = {
        "mailbox": mailbox_id,
        "organisation": organisation_id,
        "count": count,
        "shapes": SHAPES,
        "base": 10**9,
        "h": [ref.hash for ref in refs],
        "s": [ref.size for ref in refs],
        "e": [each.envelope for each in scanned],
        "b": [each.structure for each in scanned],
        "p": [each.parts for each in scanned],
    }
    folder = (yield from query(FOLDER, params))[0][0]
    yield Run(CONTENT, params)
    yield Run(MESSAGES, params | {"folder": folder})
    yield Run("UPDATE store_folder SET log_floor = 2 WHERE id = %s", [folder])
    return int(folder)


def settle() -> Plan[None]:
    """Let PostgreSQL know what it has."""
    yield Run("ANALYZE")
