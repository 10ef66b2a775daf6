"""The statements that find folders by name and by subscription."""

# A folder by its name.
FOLDER_BY_NAME = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND name = %s::text"

# Which folders of a mailbox a user has subscribed to.
SUBSCRIBED = """
SELECT s.folder_id FROM store_subscription s JOIN store_folder f ON f.id = s.folder_id
WHERE f.mailbox_id = %s::bigint AND s.user_id = %s::bigint
"""
