"""What the directory refuses, in one line an administrator understands."""


class DirectoryError(ValueError):
    """A refusal: its text is one line for an administrator, never for a stranger."""


class AlreadyExistsError(DirectoryError):
    """There is one of that name already."""


class NotFoundError(DirectoryError):
    """There is nothing of that name."""
