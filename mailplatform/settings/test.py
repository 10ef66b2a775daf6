"""Settings of the test suite, which starts a PostgreSQL and a Valkey of its own."""

from .base import *  # noqa: F403
