"""The tables Django cannot say: hash-partitioned, unlogged, or with storage of their own."""

TABLES = """
CREATE SEQUENCE store_content_id_seq;

CREATE TABLE store_content (
  mailbox_id bigint NOT NULL,
  id bigint NOT NULL DEFAULT nextval('store_content_id_seq'),
  organisation_id bigint NOT NULL,
  size bigint NOT NULL,
  internaldate bigint NOT NULL,
  thread_id bigint NOT NULL,
  message_id_hash bigint,
  sent_at bigint,
  has_attachment boolean NOT NULL DEFAULT false,
  trace_id uuid,
  blob_hash bytea NOT NULL CHECK (length(blob_hash) = 32),
  prefix bytea NOT NULL DEFAULT '',
  envelope bytea NOT NULL,
  structure bytea NOT NULL,
  parts bytea NOT NULL,
  refs bytea NOT NULL DEFAULT '',
  subject text NOT NULL DEFAULT '',
  from_addr text NOT NULL DEFAULT '',
  to_addr text NOT NULL DEFAULT '',
  preview text NOT NULL DEFAULT '',
  PRIMARY KEY (mailbox_id, id)
) PARTITION BY HASH (mailbox_id);
CREATE INDEX store_content_message_id ON store_content (mailbox_id, message_id_hash);
CREATE INDEX store_content_thread ON store_content (mailbox_id, thread_id);
CREATE INDEX store_content_blob ON store_content (organisation_id, blob_hash);

CREATE TABLE store_message (
  mailbox_id bigint NOT NULL,
  folder_id bigint NOT NULL,
  uid bigint NOT NULL CONSTRAINT store_message_uid_32_bit CHECK (uid > 0 AND uid < 4294967296),
  modseq bigint NOT NULL,
  flags bigint NOT NULL,
  content_id bigint NOT NULL,
  internaldate bigint NOT NULL,
  size bigint NOT NULL,
  saved_at bigint NOT NULL,
  more_kw text[],
  PRIMARY KEY (mailbox_id, folder_id, uid)
) PARTITION BY HASH (mailbox_id);
CREATE INDEX store_message_content ON store_message (mailbox_id, content_id);

CREATE TABLE store_folderlog (
  mailbox_id bigint NOT NULL,
  folder_id bigint NOT NULL,
  modseq bigint NOT NULL,
  mask bigint NOT NULL DEFAULT 0,
  at timestamptz NOT NULL DEFAULT now(),
  part int NOT NULL DEFAULT 0,
  op smallint NOT NULL CHECK (op BETWEEN 1 AND 5),
  names text[],
  uids int8multirange NOT NULL,
  PRIMARY KEY (mailbox_id, folder_id, modseq, part)
) PARTITION BY HASH (mailbox_id);

CREATE TABLE store_blob (
  organisation_id bigint NOT NULL,
  size bigint NOT NULL,
  stored_size bigint NOT NULL,
  position bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  key_id int NOT NULL DEFAULT 0,
  codec smallint NOT NULL,
  store smallint NOT NULL,
  hash bytea NOT NULL CHECK (length(hash) = 32),
  location text NOT NULL DEFAULT '',
  data bytea,
  PRIMARY KEY (organisation_id, hash),
  CHECK ((store = 0) = (data IS NOT NULL) AND (store = 0) = (location = ''))
) PARTITION BY HASH (organisation_id, hash);
CREATE INDEX store_blob_location ON store_blob (location) WHERE location <> '';

CREATE TABLE store_pack (
  mailbox_id bigint NOT NULL,
  folder_id bigint NOT NULL,
  first_uid bigint NOT NULL,
  last_uid bigint NOT NULL,
  key_id int NOT NULL DEFAULT 0,
  kind smallint NOT NULL,
  codec smallint NOT NULL DEFAULT 1,
  idx bytea NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (mailbox_id, folder_id, kind, first_uid)
) PARTITION BY HASH (mailbox_id);

CREATE UNLOGGED TABLE store_snapshot (
  folder_id bigint PRIMARY KEY,
  uidvalidity bigint NOT NULL,
  modseq bigint NOT NULL,
  n int NOT NULL,
  key_id int NOT NULL DEFAULT 0,
  codec smallint NOT NULL DEFAULT 1,
  data bytea NOT NULL
);
ALTER TABLE store_snapshot ALTER data SET STORAGE EXTERNAL;

DO $$
DECLARE
  parent text;
  n int;
BEGIN
  FOREACH parent IN ARRAY ARRAY['store_content', 'store_message', 'store_folderlog', 'store_blob', 'store_pack'] LOOP
    FOR n IN 0..15 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 16, REMAINDER %s) %s',
        parent || '_' || n, parent, n,
        -- Room on the page lets an update of flags stay there, without touching an index.
        CASE parent WHEN 'store_message' THEN 'WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0.02)' ELSE '' END);
      -- What is stored there is packed already.
      IF parent IN ('store_blob', 'store_pack') THEN
        EXECUTE format('ALTER TABLE %I ALTER data SET STORAGE EXTERNAL', parent || '_' || n);
      END IF;
    END LOOP;
  END LOOP;
END $$;
"""

# A folder's row is updated by every change in it; uidvalidity grows for ever and starts at a time, so that
# a folder made again after a loss of data has a greater one.
FOLDERS = """
ALTER TABLE store_folder SET (fillfactor=30, autovacuum_vacuum_scale_factor=0.02);
CREATE SEQUENCE store_uidvalidity_seq MAXVALUE 4294967295;
SELECT setval('store_uidvalidity_seq', extract(epoch FROM now())::bigint);
"""

DROP_TABLES = """
DROP TABLE store_content, store_message, store_folderlog, store_blob, store_pack, store_snapshot;
DROP SEQUENCE store_content_id_seq;
"""
DROP_FOLDERS = "DROP SEQUENCE store_uidvalidity_seq;"
