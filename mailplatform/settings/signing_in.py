"""Settings of signing in: how often one may err, and how long one stays."""

from . import registry

MAIL_SIGN_IN_FAILURES = registry.integer(
    "MAIL_SIGN_IN_FAILURES",
    10,
    "Different wrong passwords one network (/24, /64) may try on one account within the window.",
    least=1,
)
MAIL_SIGN_IN_NETWORK_FAILURES = registry.integer(
    "MAIL_SIGN_IN_NETWORK_FAILURES",
    100,
    "Different wrong passwords one network may try on all accounts within the window; raise it for a large office.",
    least=1,
)
MAIL_SIGN_IN_WINDOW = registry.seconds(
    "MAIL_SIGN_IN_WINDOW",
    900,
    "How long a wrong password counts, and so how long a throttled network waits.",
    least=1,
)
MAIL_PASSWORD_LENGTH = registry.integer(
    "MAIL_PASSWORD_LENGTH", 10, "Characters a new password has at least.", least=1, most=200
)

MAIL_SESSION_IDLE = registry.seconds(
    "MAIL_SESSION_IDLE",
    12 * 3600,
    "How long a browser may be idle before it has to sign in again, where its user did not ask to stay signed in.",
    least=60,
)
MAIL_SESSION_REMEMBERED = registry.seconds(
    "MAIL_SESSION_REMEMBERED",
    14 * 86400,
    "How long a browser may be idle where its user asked to stay signed in.",
    least=60,
)
MAIL_SESSION_LIFETIME = registry.seconds(
    "MAIL_SESSION_LIFETIME",
    90 * 86400,
    "How long a browser stays signed in at most, idle or not.",
    least=60,
)
MAIL_PROOF_SECONDS = registry.seconds(
    "MAIL_PROOF_SECONDS",
    900,
    "How long after signing in a user may change passwords and factors without proving again who they are.",
    least=60,
)
