"""What a domain demands of who sends it mail: MTA-STS records and policies, read (RFC 8461)."""

import enum
import re
from dataclasses import dataclass

from .lookups import Inquiry, Lookup, Status

MAX_BYTES = 64 * 1024
MAX_HOSTS = 100
MAX_AGE = 31557600  # A year, the most the RFC allows.

_RECORD = re.compile(r"v=STSv1[ \t]*;")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*")


class Mode(enum.Enum):
    """What a sender does about a host that does not meet the policy."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


class PolicyError(ValueError):
    """A policy that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain published: how strict it is, which hosts take its mail, how long that holds."""

    mode: Mode
    hosts: tuple[str, ...]
    max_age: int

    def names(self, host: str) -> bool:
        """Whether the policy names an MX host; `*.` stands for one label (RFC 8461 4.1)."""
        host = host.rstrip(".").lower()
        parent = host.partition(".")[2]
        return any(
            parent == pattern[2:] and bool(parent) if pattern.startswith("*.") else host == pattern
            for pattern in self.hosts
        )


@dataclass(frozen=True, slots=True)
class Announced:
    """What DNS says about a policy: its id; nothing means none, a fault that DNS could not say."""

    id: str = ""
    is_fault: bool = False


def read_record(text: str) -> str:
    """Return the id of an `_mta-sts` record; empty when it is none, or broken (RFC 8461 3.1)."""
    if not _RECORD.match(text):
        return ""
    for field in text.split(";")[1:]:
        name, equals, value = field.strip(" \t").partition("=")
        if name == "id" and equals:
            return value if _ID.fullmatch(value) else ""
    return ""


def find_policy(domain: str) -> Inquiry[Announced]:
    """Ask whether a domain announces a policy; several records are as good as none."""
    answer = yield Lookup(f"_mta-sts.{domain}", "TXT")
    if answer.status is Status.FAULT:
        return Announced(is_fault=True)
    found = [text for text in answer.texts if _RECORD.match(text)]
    return Announced(read_record(found[0])) if len(found) == 1 else Announced()


def read_policy(body: bytes) -> Policy:
    """Read the file at `/.well-known/mta-sts.txt`; of a field said twice the first counts, unknown ones do not."""
    if len(body) > MAX_BYTES:
        raise PolicyError("longer than 64 KB")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise PolicyError("not UTF-8") from None
    fields: dict[str, str] = {}
    hosts: list[str] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name:
            raise PolicyError(f"a line without a name: {line.strip()[:60]!r}")
        if name == "mx":
            hosts.append(_host(value))
        else:
            fields.setdefault(name, value)
    if fields.get("version") != "STSv1":
        raise PolicyError("its version is not STSv1")
    try:
        mode = Mode(fields.get("mode", ""))
    except ValueError:
        raise PolicyError("its mode is none of enforce, testing and none") from None
    age = fields.get("max_age", "")
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        raise PolicyError("its max_age is no number")
    if not hosts and mode is not Mode.NONE:
        raise PolicyError("it names no mx")
    if len(hosts) > MAX_HOSTS:
        raise PolicyError(f"it names more than {MAX_HOSTS} mx")
    return Policy(mode, tuple(dict.fromkeys(hosts)), min(int(age), MAX_AGE))


def _host(value: str) -> str:
    host = value.lower().rstrip(".")
    if len(host) > 255 or not _HOST.fullmatch(host):
        raise PolicyError(f"{value[:60]!r} is no host name")
    return host


def policy_lines(policy: Policy) -> tuple[str, ...]:
    """Return the lines of a policy as a TLS report repeats them (RFC 8460 4.4)."""
    return (
        "version: STSv1",
        f"mode: {policy.mode.value}",
        *(f"mx: {host}" for host in policy.hosts),
        f"max_age: {policy.max_age}",
    )
