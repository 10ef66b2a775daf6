"""The one error that ends a start."""


class CannotStart(RuntimeError):  # noqa: N818  # It reads as what it says.
    """Something that cannot work here; the text is one line that names the setting to change."""
