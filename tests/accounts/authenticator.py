"""A passkey in software: what a phone or a security key does, with the bytes a browser would hand over."""

import copy
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

UP, UV, AT = 0x01, 0x04, 0x40


@dataclass(slots=True)
class Authenticator:
    """One device with one key; `counts` false is a synced passkey, whose counter stays 0."""

    counts: bool = True
    verifies: bool = True
    origin: str = "http://localhost"
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: bytes = b""

    def copied(self) -> "Authenticator":
        """Return what a thief has who read the device out."""
        return copy.copy(self)

    def create(self, options: str) -> str:
        """Play `navigator.credentials.create`."""
        asked = json.loads(options)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32), numbers.y.to_bytes(32)
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + public
        data = self._data(asked["rp"]["id"], AT) + attested
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            clientDataJSON=self._client("webauthn.create", asked["challenge"]),
            attestationObject=attestation,
            transports=["internal", "nonsense"],
        )

    def get(self, options: str, **changed: Any) -> str:
        """Play `navigator.credentials.get`; `changed` fields of the options or the answer are lies."""
        asked = json.loads(options) | changed
        client = self._client("webauthn.get", asked["challenge"])
        data = self._data(asked["rpId"], 0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=changed.get("signature", signature),
            userHandle=changed.get("handle", self.handle),
        )

    def _data(self, party: str, flags: int) -> bytes:
        self.count += self.counts
        flags |= UP | (UV if self.verifies else 0)
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, *, transports: list[str] | None = None, **response: bytes | None) -> str:
        encoded: dict[str, Any] = {
            name: bytes_to_base64url(value) for name, value in response.items() if value is not None
        }
        if transports is not None:
            encoded["transports"] = transports
        name = bytes_to_base64url(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": encoded})
