"""Codes that work once: those of an app on a phone (RFC 6238), and those on paper."""

import base64
import hmac
import os

import pyotp

PERIOD = 30
WINDOW = 1
"""Steps a phone's clock may be off, each way."""
ISSUER = "Mail"

RECOVERY_CODES = 10
_RECOVERY_CHARS = 10  # 5 bits each: 50 bits, guessed under the throttle or with the vault's key only.


def new_secret() -> str:
    """Return a secret for an app, in base32: 160 bits, as RFC 4226 wants them."""
    return pyotp.random_base32()


def uri(secret: str, *, address: str, issuer: str) -> str:
    """Return the otpauth: address that a QR code hands to the app."""
    return pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(name=address, issuer_name=issuer)


def counter_at(seconds: float) -> int:
    """Return the step of a moment, in seconds since 1970."""
    return int(seconds) // PERIOD


def counter_of(secret: str, code: str, *, seconds: float) -> int | None:
    """Return the step this code belongs to, if it is one of now, of the step before or of the one after."""
    typed = code.replace(" ", "").encode("utf-8", "surrogatepass")
    totp, now = pyotp.TOTP(secret, interval=PERIOD), counter_at(seconds)
    found = None
    for counter in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(counter).encode(), typed):
            found = counter
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Return a sheet of codes like `abcde-fghij`, all different."""
    codes: set[str] = set()
    while len(codes) < RECOVERY_CODES:
        text = base64.b32encode(os.urandom(7)).decode().lower()[:_RECOVERY_CHARS]
        codes.add(f"{text[:5]}-{text[5:]}")
    return tuple(sorted(codes))
