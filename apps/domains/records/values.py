"""What is wanted of DNS, and what was found there."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What a record is for."""

    MX = "mx"
    SPF = "spf"
    DKIM = "dkim"
    DKIM_CNAME = "dkim_cname"
    DMARC = "dmarc"
    PTR = "ptr"
    MTA_STS = "mta_sts"
    MTA_STS_HOST = "mta_sts_host"
    TLS_RPT = "tls_rpt"
    TLSA = "tlsa"
    SRV = "srv"
    AUTOCONFIG = "autoconfig"
    AUTODISCOVER = "autodiscover"


class Need(enum.StrEnum):
    """How much a domain needs a record: an opinion is not an error."""

    MUST = "must"
    SHOULD = "should"
    NICE = "nice"


class State(enum.StrEnum):
    """What looking showed."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record to publish: a full name as A-labels, a type and the exact value."""

    kind: Kind
    need: Need
    name: str
    type: str
    value: str
    about: str = ""
    """Which of several it is: a key's selector."""

    def relative_to(self, domain: str) -> str:
        """Return the name as many providers ask for it: without the domain, @ for the domain itself."""
        if self.name == domain:
            return "@"
        return self.name.removesuffix("." + domain)


@dataclass(frozen=True, slots=True)
class Finding:
    """What looking at one wanted record showed; `code` and `facts` say why, in `words`."""

    wanted: Wanted
    state: State
    code: str
    found: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        """Whether something has to be done: what is only nice to have may be missing."""
        if self.state == State.WRONG:
            return True
        return self.state == State.MISSING and self.wanted.need == Need.MUST


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a domain as its record has it."""

    selector: str
    algorithm: str
    public: str

    @property
    def kind(self) -> str:
        """Its kind as a record names it (k=)."""
        return "ed25519" if self.algorithm.startswith("ed25519") else "rsa"


@dataclass(frozen=True, slots=True)
class Site:
    """This server as domains point to it."""

    hostname: str
    imaps: int
    submissions: int
    submission: int
    dkim_zone: str = ""
    """The zone we answer for, where domains may point their selectors; empty: they publish keys themselves."""
    tlsa: str = ""
    """SHA-256 of our certificate's public key, in hexadecimal; empty where there is none to pin."""


@dataclass(frozen=True, slots=True)
class Place:
    """A domain as far as its records go."""

    name: str
    keys: tuple[Key, ...] = ()
    sts_mode: str = ""
    """The mode of its MTA-STS policy; empty: it has none."""
    sts_id: str = ""
    slots: tuple[str, ...] = ()
    """The selectors its own keys take turns in."""

    @property
    def dmarc_reports(self) -> str:
        """Where others report mail in its name to; every domain of ours has this address."""
        return f"dmarc-reports@{self.name}"

    @property
    def tls_reports(self) -> str:
        """Where others report failed TLS to; every domain of ours has this address."""
        return f"tlsrpt@{self.name}"
