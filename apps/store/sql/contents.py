"""The statement that finds one message by its content."""

# A content of a mailbox that is still placed in a folder, with what is needed to read parts of it.
CONTENT = """
SELECT c.organisation_id, c.blob_hash, c.size, c.prefix, c.parts, c.structure, c.subject
FROM store_content c
WHERE c.mailbox_id = %s::bigint AND c.id = %s::bigint
  AND EXISTS (SELECT FROM store_message m WHERE m.mailbox_id = c.mailbox_id AND m.content_id = c.id)
"""

# Several of them at once.
CONTENTS = """
SELECT c.id, c.organisation_id, c.blob_hash, c.size, c.prefix, c.parts, c.structure, c.subject
FROM store_content c
WHERE c.mailbox_id = %s::bigint AND c.id = ANY(%s::bigint[])
  AND EXISTS (SELECT FROM store_message m WHERE m.mailbox_id = c.mailbox_id AND m.content_id = c.id)
"""
