"""Numbers on the command line that a database or a calendar can hold."""

import argparse


def count(text: str) -> int:
    """Read how many: 1 to a million."""
    return _within(text, 1_000_000)


def days(text: str) -> int:
    """Read a number of days: 1 to 100 years."""
    return _within(text, 36_500)


def _within(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= most):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {most}")
    return int(text)
