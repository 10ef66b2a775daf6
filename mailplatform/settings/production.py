"""Settings of a running system."""

from .base import *  # noqa: F403
