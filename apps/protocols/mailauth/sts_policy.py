"""The policy a domain publishes for mail to it (MTA-STS, RFC 8461 3.2)."""

import hashlib

DAY = 86400
_MAX_AGE = {"enforce": 14 * DAY, "testing": DAY, "none": DAY}
"""How long others keep it: long where it protects, short where it is about to change."""

MODES = tuple(_MAX_AGE)


def write(mode: str, hosts: tuple[str, ...]) -> str:
    """Return the policy; `hosts` are the names that MX records may say."""
    lines = ["version: STSv1", f"mode: {mode}"]
    if mode != "none":
        lines += [f"mx: {host}" for host in hosts]
    return "\r\n".join([*lines, f"max_age: {_MAX_AGE[mode]}", ""])


def identity(policy: str) -> str:
    """Return the id that the record in DNS names: another one whenever the policy says something else."""
    return hashlib.sha256(policy.encode()).hexdigest()[:20]
