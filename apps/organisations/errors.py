"""What the directory refuses, in one line an administrator understands."""

MAX_NAME = 200


class DirectoryError(ValueError):
    """A refusal: its text is one line for an administrator, never for a stranger."""


class AlreadyExistsError(DirectoryError):
    """There is one of that name already."""


class NotFoundError(DirectoryError):
    """There is nothing of that name."""


def check_quota(quota_bytes: int | None) -> None:
    """Refuse a quota that is no number of bytes; None is no limit."""
    if quota_bytes is not None and not 0 < quota_bytes < 2**62:
        raise DirectoryError("a quota is a number of bytes below 4 EiB")


def check_name(text: str) -> None:
    """Refuse a name or label that cannot be kept, or that a terminal would obey."""
    if len(text) > MAX_NAME or not text.isprintable():
        raise DirectoryError(f"a name has at most {MAX_NAME} printable characters")


def sentence(text: str) -> str:
    """Write a refusal as a sentence."""
    text = text.strip()
    if not text:
        return text
    # Addresses keep their case: a refusal that begins with one begins so.
    first = text if "@" in text.split(maxsplit=1)[0] else text[0].upper() + text[1:]
    return first if first.endswith((".", "!", "?")) else f"{first}."
