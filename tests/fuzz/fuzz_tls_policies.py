"""Fuzz target: any record, policy file and certificate is read, or refused, and what was read is written alike."""

import contextlib

from apps.protocols.mailauth.dane import match
from apps.protocols.mailauth.lookups import Tlsa
from apps.protocols.mailauth.mta_sts import PolicyError, policy_lines, read_policy, read_record


def test_one_input(data: bytes) -> None:
    """Read it as each of them."""
    read_record(data.decode("utf-8", "surrogateescape"))
    for selector in (0, 1):
        match([Tlsa(3, selector, 1, data[:32]), Tlsa(2, selector, 0, data)], [data, data[1:]])
    with contextlib.suppress(PolicyError):
        policy = read_policy(data)
        policy.names("mx.far.example")
        assert read_policy("\n".join(policy_lines(policy)).encode()) == policy
