"""A set of rules as a document: TOML where people write it, JSON where it is signed and sent. Pure."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.spam.symbols import Sort

from .definitions import USER_PREFIX, Rule, RuleError, Samples, Target
from .engine import check, compile_rules
from .samples import check_samples

MOST_RULES = 20_000
MOST_DESCRIPTION = 300
MOST_GROUP = 40
_KEYS = frozenset(
    {"name", "target", "header", "expression", "score", "sort", "description", "match", "miss", "group"}
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule and the group it stands in."""

    group: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Document:
    """A numbered set of rules; a higher number is newer."""

    version: int
    rules: tuple[Listed, ...]


def from_toml(text: str) -> list[Listed]:
    """Read one file of rules; raises RuleError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"not TOML: {error}") from None
    group = found.get("group", "")
    return [_listed({"group": group, **_mapping(one)}) for one in _list(found.get("rule", []))]


def to_json(document: Document) -> str:
    """Write a document, always in the same way."""
    rules = [_plain(one) for one in document.rules]
    return json.dumps(
        {"version": document.version, "rules": rules}, ensure_ascii=False, indent=1, sort_keys=True
    )


def from_json(text: str) -> Document:
    """Read a document; raises RuleError. What its rules say is not looked at: see `check_document`."""
    try:
        found = _mapping(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise RuleError(f"not JSON: {error}") from None
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**62:
        raise RuleError("a feed has a version, a whole number")
    rules = _list(found.get("rules"))
    if not 0 < len(rules) <= MOST_RULES:
        raise RuleError(f"a feed has 1 to {MOST_RULES} rules")
    return Document(version, tuple(_listed(_mapping(one)) for one in rules))


def check_document(document: Document) -> None:
    """Refuse a document any of whose rules cannot be used or breaks its samples; raises RuleError, which names it."""
    rules = [one.rule for one in document.rules]
    names: set[str] = set()
    for one in rules:
        try:
            _check_name(one.name, names)
            check(one)
        except RuleError as error:
            raise RuleError(f"{one.name}: {error}") from None
    for name, why in compile_rules(rules).broken:
        raise RuleError(f"{name}: {why}")
    for one in rules:
        try:
            check_samples(one, rules)
        except RuleError as error:
            raise RuleError(f"{one.name}: {error}") from None


def _check_name(name: str, names: set[str]) -> None:
    if name in names:
        raise RuleError("there are two rules of this name")
    if name.startswith(USER_PREFIX):
        raise RuleError(f"names that begin with {USER_PREFIX} are for rules of users")
    names.add(name)


def _listed(found: Mapping[str, Any]) -> Listed:
    if unknown := found.keys() - _KEYS:
        raise RuleError(f"a rule has no {', '.join(sorted(unknown))}")
    name, group = _text(found, "name"), _text(found, "group")
    try:
        description = _text(found, "description")
        if len(description) > MOST_DESCRIPTION or len(group) > MOST_GROUP:
            raise RuleError("its description or group is too long")
        score = found.get("score", 0.0)
        if not isinstance(score, int | float) or isinstance(score, bool):
            raise RuleError("a score is a number")
        rule = Rule(
            name,
            Target(_text(found, "target")),
            _text(found, "expression"),
            float(score),
            _text(found, "header"),
            Sort(_text(found, "sort") or Sort.SPAM),
            description,
            Samples(_texts(found, "match"), _texts(found, "miss")),
        )
    except ValueError as error:
        raise RuleError(f"{name}: {error}") from None
    return Listed(group, rule)


def _plain(listed: Listed) -> dict[str, Any]:
    rule = listed.rule
    return {
        "group": listed.group,
        "name": rule.name,
        "target": rule.target.value,
        "header": rule.header,
        "expression": rule.expression,
        "score": rule.score,
        "sort": rule.sort.value,
        "description": rule.description,
        "match": list(rule.samples.match),
        "miss": list(rule.samples.miss),
    }


def _mapping(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise RuleError("a table is expected")
    return found


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise RuleError("a list is expected")
    return found


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str) or "\0" in value:
        raise RuleError(f"{key} is a text")
    return value


def _texts(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = _list(found.get(key, []))
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        raise RuleError(f"{key} is a list of texts")
    return tuple(values)


def rules_of(listed: Iterable[Listed]) -> tuple[Rule, ...]:
    """Return the rules alone."""
    return tuple(one.rule for one in listed)
