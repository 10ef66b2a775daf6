"""One frozen dataclass per command, and its parser; the table in session.py says which is legal when."""

from .append import Append
from .fetch import Fetch, Item, Portion, Section
from .folders import (
    Create,
    Delete,
    Enable,
    Idle,
    List,
    Lsub,
    Namespace,
    Rename,
    Select,
    Status,
    StatusItem,
    Subscribe,
    Unsubscribe,
)
from .general import Capability, Id, Logout, Noop
from .selected import Change, Check, Close, Copy, Expunge, Move, Result, Search, Store, Unselect
from .sign_in import Authenticate, Login, StartTls

type Command = (
    Append
    | Authenticate
    | Capability
    | Check
    | Close
    | Copy
    | Create
    | Delete
    | Enable
    | Expunge
    | Fetch
    | Id
    | Idle
    | List
    | Login
    | Logout
    | Lsub
    | Move
    | Namespace
    | Noop
    | Rename
    | Search
    | Select
    | StartTls
    | Status
    | Store
    | Subscribe
    | Unselect
    | Unsubscribe
)

__all__ = [
    "Append",
    "Authenticate",
    "Capability",
    "Change",
    "Check",
    "Close",
    "Command",
    "Copy",
    "Create",
    "Delete",
    "Enable",
    "Expunge",
    "Fetch",
    "Id",
    "Idle",
    "Item",
    "List",
    "Login",
    "Logout",
    "Lsub",
    "Move",
    "Namespace",
    "Noop",
    "Portion",
    "Rename",
    "Result",
    "Search",
    "Section",
    "Select",
    "StartTls",
    "Status",
    "StatusItem",
    "Store",
    "Subscribe",
    "Unselect",
    "Unsubscribe",
]
