"""The OpenAPI document as a page reads it: sections, operations, fields and examples, ready to be shown."""

import functools
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .problems import CODES, Code
from .schema import SECTIONS, document


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body or an answer, or one parameter."""

    name: str
    kind: str
    is_required: bool
    help: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: Sequence[Field]
    body: Sequence[Field]
    answer: Sequence[Field]
    status: str
    curl: str
    example: str
    problems: Sequence[Code]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations on one kind of thing."""

    name: str
    anchor: str
    operations: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Section:
    """Groups that belong together."""

    name: str
    groups: Sequence[Group]


@functools.cache
def sections() -> tuple[Section, ...]:
    """Return the whole reference, in the order of SECTIONS."""
    by_tag: dict[str, list[Shown]] = {}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_shown(path, method, operation))
    return tuple(
        Section(name, tuple(Group(tag, tag.lower(), tuple(by_tag.get(tag, ()))) for tag in tags))
        for name, tags in SECTIONS
    )


def _shown(path: str, method: str, operation: dict[str, Any]) -> Shown:
    status, response = next(iter(operation["responses"].items()))
    content = _json_of(response)
    body = _json_of(operation.get("requestBody", {}))
    codes = {
        name
        for number, problem in operation["responses"].items()
        if int(number) >= 400
        for name in problem["content"]["application/problem+json"]["examples"]
    }
    return Shown(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"].rpartition("\n\nScope:")[0],
        scope=operation["x-scope"],
        parameters=[_parameter(parameter) for parameter in operation.get("parameters", ())],
        body=_fields(body.get("schema", {})),
        answer=_fields(content.get("schema", {})),
        status=status,
        curl=_curl(path, method, body),
        example=_pretty(_example(content)),
        problems=sorted(
            (code for name, code in CODES.items() if _title(name) in codes or name in codes),
            key=lambda code: code.status,
        ),
    )


def _title(name: str) -> str:
    """Return the key under which drf-spectacular keeps an example of this name."""
    return "".join(word.title() for word in name.split("_"))


def _json_of(holder: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = holder.get("content", {})
    found: dict[str, Any] = content.get("application/json", {})
    return found


def _example(content: dict[str, Any]) -> Any:
    return next((example["value"] for example in content.get("examples", {}).values()), None)


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _curl(path: str, method: str, body: dict[str, Any]) -> str:
    words = ["curl"] + ([] if method == "get" else [f"-X {method.upper()}"])
    lines = [" ".join([*words, f'"$MAIL_URL{path}"']), '-H "Authorization: Bearer $MAIL_TOKEN"']
    if (example := _example(body)) is not None:
        lines += [
            '-H "Content-Type: application/json"',
            f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}",
        ]
    return " \\\n  ".join(lines)


def _parameter(parameter: dict[str, Any]) -> Field:
    place = {"query": "?", "header": "", "path": ""}[parameter["in"]]
    return Field(
        f"{place}{parameter['name']}",
        _kind(parameter["schema"]),
        parameter.get("required", False),
        parameter.get("description", ""),
    )


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _fields(schema: dict[str, Any]) -> list[Field]:
    schema = _resolved(schema)
    required = schema.get("required", ())
    return [
        Field(name, _kind(field), name in required, field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """Return a field's type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for name in ("allOf", "oneOf", "anyOf"):
        if name in schema:
            return " or ".join(dict.fromkeys(_kind(inner) for inner in schema[name]))
    if "enum" in schema:
        return " · ".join("null" if value is None else str(value) for value in schema["enum"])
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if "array" in kinds:
        return f"list of {_kind(schema.get('items', {}))}"
    words = {"date-time": "time", "uuid": "UUID", "date": "date"}
    return " or ".join(
        words.get(schema.get("format", ""), kind) if kind == "string" else kind for kind in kinds
    )
