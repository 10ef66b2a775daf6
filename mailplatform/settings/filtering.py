"""Settings of the filter for unwanted mail."""

from . import registry

MAIL_SPAM_DAYS = registry.integer(
    "MAIL_SPAM_DAYS",
    30,
    "How many days it is kept how each message was judged, for whoever asks why and to try other rules on.",
    least=1,
    most=3650,
)
MAIL_SPAM = registry.switch(
    "MAIL_SPAM",
    "1",
    "Judge mail; 0 takes and files everything as if there were no filter.",
)
