"""The one DNS client: cached, bounded, with an async and a sync driver for inquiries.

A fault is never read as "no record": only an honest "no such name" or an empty answer counts as one.
"""

from .client import INQUIRY_SECONDS, LOOKUP_SECONDS, Resolver, the_resolver
from .servers import ResolverSettingError, nameservers

__all__ = [
    "INQUIRY_SECONDS",
    "LOOKUP_SECONDS",
    "Resolver",
    "ResolverSettingError",
    "nameservers",
    "the_resolver",
]
