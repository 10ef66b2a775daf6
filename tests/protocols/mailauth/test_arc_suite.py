"""ValiMail's suite for ARC, as far as it is in the shared data: what chains are worth, and how they go on."""

from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from apps.protocols.mailauth.arc.seal import seal
from apps.protocols.mailauth.arc.verify import check_arc
from apps.protocols.mailauth.dkim import canonical
from apps.protocols.mailauth.dkim.keys import RSA, SigningKey, load
from apps.protocols.mailauth.dkim.letter import Letter
from apps.protocols.mailauth.dkim.signature import tags_of
from apps.protocols.mailauth.results import collect
from tests.shared_data import shared

from .answering import answer

NOW = 1_500_000_000


def scenarios(path: Path) -> list[dict[str, Any]]:
    """Read the documents of a file, whose parts were put together without a line between."""
    text = path.read_text().replace("---description", "---\ndescription")
    return [scenario for scenario in yaml.safe_load_all(text) if scenario]


def wire(text: str) -> bytes:
    return text.encode().replace(b"\n", b"\r\n")


def records(scenario: dict[str, Any]) -> dict[str, str]:
    return {name: text for name, text in (scenario.get("txt-records") or {}).items() if text is not None}


def test_validation() -> None:
    wrong, count = [], 0
    for scenario in scenarios(shared("arc/arc-validation-part.yml")):
        for title, case in scenario["tests"].items():
            result = answer(check_arc(wire(case["message"]), NOW), records(scenario))
            count += 1
            # A chain that its last seal declares broken has no verdict there; RFC 8617 5.2 says "fail".
            if result.result != (case["cv"] or "fail").lower():
                wrong.append(f"{title}: {result.result} ({result.reason}), expected {case['cv']}")
    assert count >= 70
    assert not wrong, "\n".join(wrong)


def fields(text: bytes) -> list[bytes]:
    """Return canonical fields, b= without blanks."""
    return [canonical.relaxed_field(raw) for _, raw in Letter(text + b"\r\n").fields]


def test_signing() -> None:
    wrong, count = [], 0
    for scenario in scenarios(shared("arc/arc-sign-part.yml")):
        private = load_pem_private_key(scenario["privatekey"].encode(), None)
        der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        signer = load(SigningKey(scenario["domain"], scenario["sel"], RSA, der))
        for title, case in scenario["tests"].items():
            message = wire(case["message"])
            results = collect(message, case["srv-id"])
            made = seal(
                message,
                results=results,
                signer=signer,
                now=int(case["t"]),
                headers=case["sig-headers"].split(":"),
            )
            count += 1
            ours = fields(made)
            for name, field in zip(("AS", "AMS", "AAR"), ours, strict=True):
                expected = wire(case[name].strip())
                if name == "AAR":
                    want = canonical.relaxed_field(
                        b"arc-authentication-results:" + expected.replace(b"\r\n", b" ")
                    )
                    if field != want:
                        wrong.append(f"{title} {name}:\n{field!r}\n{want!r}")
                    continue
                got, wanted = tags_of(field), tags_of(b":" + expected)
                wanted["b"] = "".join(wanted["b"].split())
                if got != wanted:
                    wrong.append(f"{title} {name}:\n{got}\n{wanted}")
            judged = answer(check_arc(made + message, NOW), records(scenario))
            if judged.result != "pass":
                wrong.append(f"{title}: {judged}")
    assert count >= 9
    assert not wrong, "\n".join(wrong)
