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
MAIL_SCAN_SECONDS = registry.seconds(
    "MAIL_SCAN_SECONDS",
    5,
    "How long a server that brings mail waits until it is judged; what takes longer is taken, and judged when it is filed.",
    least=0.1,
)
MAIL_SCAN_CHILDREN = registry.integer(
    "MAIL_SCAN_CHILDREN",
    2,
    "Processes that judge mail while it comes in; 0 starts none, and mail is judged when it is filed. The small profile has "
    "a thread for it instead.",
    most=64,
)
MAIL_SPAM_LISTS = registry.words(
    "MAIL_SPAM_LISTS",
    "",
    "Lists mail is judged by, in DNS: host:zone, domain:zone (author, sender, links) or young:zone, each perhaps with the answers "
    "that count and a weight in nats: host:bl.example.org=127.0.0.2-11@2.5. Empty asks nobody.",
)
MAIL_CLAMD = registry.socket(
    "MAIL_CLAMD",
    "",
    "Where clamd (ClamAV) listens, as /path/to/socket or host:port: mail is shown to it. Empty asks no virus scanner.",
)
MAIL_CLAMD_SECONDS = registry.seconds(
    "MAIL_CLAMD_SECONDS",
    1.5,
    "How long clamd may take for a message; what takes longer is judged without it, and that is said.",
    least=0.1,
)
MAIL_GREYLIST_FROM = registry.integer(
    "MAIL_GREYLIST_FROM",
    2,
    "From this score on mail of unknown senders whose domain does not vouch for them is asked for once more a minute later; "
    "as much as MAIL_GREYLIST_TO: never.",
)
MAIL_GREYLIST_TO = registry.integer(
    "MAIL_GREYLIST_TO", 9, "From this score on it is not worth asking for again: it is refused, or junk."
)
MAIL_OUTBOUND_NEW = registry.integer(
    "MAIL_OUTBOUND_NEW",
    300,
    "A user who writes to more than so many people within an hour whom they never wrote to before has their mail held; 0: no limit.",
)
MAIL_OUTBOUND_BOUNCES = registry.integer(
    "MAIL_OUTBOUND_BOUNCES",
    30,
    "A user of whose recipients so many are refused by their servers within an hour has their mail held; 0: never.",
)
