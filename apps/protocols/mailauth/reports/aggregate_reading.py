"""Aggregate reports, read as they stream by: no document type, no entity, no tree, and not too much of anything."""

import ipaddress
import sys
from collections.abc import Iterable
from xml.parsers import expat

from .aggregate import WORDS, AggregateReport, DkimAuth, Published, Reason, Row, SpfAuth
from .limits import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_RESULTS,
    MAX_ROWS,
    MAX_SILENCE,
    MAX_TEXT,
    PIECE,
    ReportError,
)

type Texts = dict[str, str]

MAX_COUNT = 2**31 - 1


def read_aggregate(pieces: Iterable[bytes]) -> AggregateReport:
    """Read a report; raises ReportError."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.finish
    parser.CharacterDataHandler = reader.text
    try:
        for piece in pieces:
            for start in range(0, len(piece), PIECE):
                part = piece[start : start + PIECE]
                parser.Parse(part, False)  # noqa: FBT003 - expat takes no names
                reader.heard(len(part))
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, LookupError, UnicodeError) as error:
        raise ReportError(f"not well-formed XML: {error}") from None
    return reader.report()


def _refuse(*_: object) -> None:
    raise ReportError("the XML has a document type, which no report needs")


class _Reader:
    """Hears elements and text; keeps the texts of the group it is in, and each record when it ends."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.left_out = 0
        self.metadata: Texts = {}
        self.policy: Texts = {}
        self.errors: list[str] = []
        self.version = ""
        self._path: list[str] = []
        self._characters: list[str] = []
        self._length = 0
        self._silent = 0
        self._elements = 0
        self._attributes = 0
        self._is_feedback = False
        self._record: Texts = {}
        self._inner: Texts = {}
        self._reasons: list[Reason] = []
        self._dkim: list[DkimAuth] = []
        self._spf: list[SpfAuth] = []

    def heard(self, size: int) -> None:
        """Count what came since something last ended or began."""
        self._silent += size
        if self._silent > MAX_SILENCE + PIECE:
            raise ReportError("a tag, comment or text without an end")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Hear that an element begins."""
        self._silent = 0
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ReportError(f"more than {MAX_ELEMENTS} elements")
        self._attributes += len(attributes)
        if self._attributes > MAX_ATTRIBUTES:
            raise ReportError(f"more than {MAX_ATTRIBUTES} attributes")
        name = tag.rpartition(":")[2]
        if not self._path:
            if name != "feedback":
                raise ReportError(f"XML of another kind: {name[:40]}")
            self._is_feedback = True
        if len(self._path) >= MAX_DEPTH:
            raise ReportError(f"elements more than {MAX_DEPTH} deep")
        self._path.append(name)
        self._characters.clear()
        self._length = 0
        if (len(self._path) == 4 and name in {"dkim", "spf"} and self._path[2] == "auth_results") or (
            len(self._path) == 5 and name == "reason"
        ):
            self._inner = {}
        elif len(self._path) == 2 and name == "record":
            if len(self.rows) + self.left_out >= MAX_ROWS:
                raise ReportError(f"more than {MAX_ROWS} rows")
            self._record = {}
            self._reasons, self._dkim, self._spf = [], [], []

    def text(self, characters: str) -> None:
        """Hear text; what is too much of it is left out."""
        if self._length < MAX_TEXT:
            self._characters.append(characters[: MAX_TEXT - self._length])
            self._length += len(characters)

    def finish(self, _tag: str) -> None:
        """Hear that an element ends."""
        self._silent = 0
        path = self._path
        text = "".join(self._characters).strip()
        self._characters.clear()
        self._length = 0
        match path:
            case ["feedback", "version"]:
                self.version = text
            case ["feedback", "report_metadata", "error"]:
                if len(self.errors) < MAX_RESULTS:
                    self.errors.append(text)
            case ["feedback", "report_metadata", *_, name]:
                self.metadata.setdefault(name, text)
            case ["feedback", "policy_published", name]:
                self.policy.setdefault(name, text)
            case ["feedback", "record"]:
                self._end_record()
            case ["feedback", "record", *inside]:
                self._inside(inside, text)
        path.pop()

    def _inside(self, inside: list[str], text: str) -> None:
        found = self._inner
        match inside:
            case ["row", "policy_evaluated", "reason"]:
                if len(self._reasons) < MAX_RESULTS:
                    self._reasons.append(Reason(_word(found.get("type", "")), found.get("comment", "")))
            case ["auth_results", "dkim"]:
                if len(self._dkim) < MAX_RESULTS:
                    self._dkim.append(
                        DkimAuth(
                            _domain(found),
                            found.get("selector", ""),
                            _result(found),
                            found.get("human_result", ""),
                        )
                    )
            case ["auth_results", "spf"]:
                if len(self._spf) < MAX_RESULTS:
                    scope = _word(found.get("scope", ""))
                    self._spf.append(
                        SpfAuth(_domain(found), scope, _result(found), found.get("human_result", ""))
                    )
            case ["auth_results", "dkim" | "spf", name] | ["row", "policy_evaluated", "reason", name]:
                found.setdefault(name, text)
            case ["row" | "identifiers", name] | ["row", "policy_evaluated", name]:
                self._record.setdefault(name, text)

    def _end_record(self) -> None:
        record = self._record
        count = record.get("count", "")
        try:
            source = str(ipaddress.ip_address(record.get("source_ip", "")))
            number = int(count) if count.isascii() and count.isdecimal() and len(count) < 11 else 0
        except ValueError:
            number = 0
        if not 0 < number <= MAX_COUNT:
            self.left_out += 1
            return
        self.rows.append(
            Row(
                source=sys.intern(source),
                count=number,
                disposition=_word(record.get("disposition", "")),
                dkim=_word(record.get("dkim", "")),
                spf=_word(record.get("spf", "")),
                header_from=_name(record.get("header_from", "")),
                envelope_from=_name(record.get("envelope_from", "")),
                envelope_to=_name(record.get("envelope_to", "")),
                reasons=tuple(self._reasons),
                dkim_results=tuple(self._dkim),
                spf_results=tuple(self._spf),
            )
        )

    def report(self) -> AggregateReport:
        """Return what was read; raises ReportError where it says too little to be of use."""
        if not self._is_feedback:
            raise ReportError("an empty document")
        policy, metadata = self.policy, self.metadata
        begin, end = _moment(metadata.get("begin", "")), _moment(metadata.get("end", ""))
        if begin is None or end is None or end < begin:
            raise ReportError("a report without a time span")
        if not policy.get("domain"):
            raise ReportError("a report about no domain")
        return AggregateReport(
            organisation=metadata.get("org_name", ""),
            email=metadata.get("email", ""),
            report_id=metadata.get("report_id", ""),
            begin=begin,
            end=end,
            published=Published(
                domain=_name(policy["domain"]),
                policy=_word(policy.get("p", "")),
                subdomain=_word(policy.get("sp", "")),
                nonexistent=_word(policy.get("np", "")),
                adkim=_word(policy.get("adkim", "")),
                aspf=_word(policy.get("aspf", "")),
                testing=policy.get("testing", "").lower() in {"y", "true", "1"},
                fo=policy.get("fo", "")[:20],
            ),
            rows=tuple(self.rows),
            contact=metadata.get("extra_contact_info", ""),
            version=self.version[:20],
            errors=tuple(self.errors),
            left_out=self.left_out,
        )


def _word(text: str) -> str:
    word = text.lower()
    return sys.intern(word) if word in WORDS else ""


def _name(text: str) -> str:
    return sys.intern(text[:253].rstrip(".").lower())


def _domain(found: Texts) -> str:
    return _name(found.get("domain", ""))


def _result(found: Texts) -> str:
    return _word(found.get("result", ""))


def _moment(text: str) -> int | None:
    # Some count in fractions of a second.
    whole = text.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdecimal() and len(whole) < 11 else None
