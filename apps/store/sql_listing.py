"""The statements that find folders by name and by subscription."""

# A folder by its name.
FOLDER_BY_NAME = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND name = %s::text"

# Which names of a mailbox a user has subscribed to.
SUBSCRIBED = "SELECT name FROM store_subscription WHERE mailbox_id = %s::bigint AND user_id = %s::bigint"
