"""Sixty messages of our own making, for the demo mailbox: `sample_messages(now)`."""

from .messages import Sample, sample_messages

__all__ = ["Sample", "sample_messages"]
