"""Names that mallory likes to borrow, and where their owners live. A name is somebody's only in his own domain.

A name that is also an everyday word or a person's counts only with a word beside it (`Apple Support`).
"""

import re
from dataclasses import dataclass

from .letters import skeleton

# name: second levels of its domains, or whole domains; a * before a name: only with a word beside it.
_KNOWN = """
    paypal: paypal paypal-communication paypal-notification
    amazon: amazon amazonaws amazonses
    *apple: apple icloud
    icloud: icloud apple
    microsoft: microsoft microsoftonline office office365 live outlook hotmail sharepointonline onmicrosoft azure skype linkedin
    office 365: microsoft microsoftonline office office365 outlook onmicrosoft
    office365: microsoft microsoftonline office office365 outlook onmicrosoft
    onedrive: microsoft onedrive live microsoftonline
    sharepoint: microsoft sharepoint sharepointonline microsoftonline
    netflix: netflix
    facebook: facebook facebookmail meta fb
    instagram: instagram facebookmail facebook meta
    whatsapp: whatsapp facebook facebookmail meta
    linkedin: linkedin
    dropbox: dropbox dropboxmail dropboxbusiness
    docusign: docusign
    adobe: adobe adobesign echosign
    dhl: dhl dhl-news dpdhl deutschepost
    fedex: fedex
    usps: usps
    *ups: ups
    dpd: dpd dpdgroup
    hermes: myhermes hermesworld evri
    royal mail: royalmail
    deutsche post: deutschepost dhl
    la poste: laposte chronopost
    correos: correos
    wells fargo: wellsfargo
    bank of america: bankofamerica bofa
    *chase: chase jpmorgan jpmorganchase
    citibank: citibank citi
    american express: americanexpress aexp
    capital one: capitalone
    hsbc: hsbc
    barclays: barclays
    *santander: santander
    sparkasse: sparkasse
    volksbank: volksbank vr voba vrbank raiffeisenbank
    postbank: postbank
    commerzbank: commerzbank
    deutsche bank: deutsche-bank db
    comdirect: comdirect
    credit agricole: credit-agricole ca
    la banque postale: labanquepostale
    bnp paribas: bnpparibas
    societe generale: societegenerale
    bbva: bbva
    caixabank: caixabank
    intesa sanpaolo: intesasanpaolo
    unicredit: unicredit unicreditgroup
    *poste italiane: poste posteitaliane
    ing-diba: ing ing-diba
    rabobank: rabobank
    abn amro: abnamro
    pko bank: pkobp
    allegro: allegro
    ebay: ebay
    coinbase: coinbase
    binance: binance
    metamask: metamask consensys
    trust wallet: trustwallet
    ledger live: ledger
    blockchain.com: blockchain
    kraken: kraken
    spotify: spotify
    *disney+: disney disneyplus
    steam support: steampowered valvesoftware
    playstation: playstation sony
    norton: norton nortonlifelock gen
    mcafee: mcafee
    geek squad: bestbuy geeksquad
    costco: costco
    walmart: walmart
    home depot: homedepot
    lowe's: lowes
    *ace hardware: acehardware
    verizon: verizon verizonwireless
    at&t: att att-mail
    t-mobile: t-mobile telekom
    telekom: telekom t-online t-mobile
    vodafone: vodafone
    xfinity: xfinity comcast
    godaddy: godaddy
    ionos: ionos 1and1
    cloudflare: cloudflare
    mailchimp: mailchimp mandrillapp
    wetransfer: wetransfer
    *zoom: zoom
    internal revenue service: irs
    hm revenue: hmrc gov
    elster: elster
    booking.com: booking
    airbnb: airbnb
    *amazon prime: amazon
    bitwarden: bitwarden
    lastpass: lastpass
    western union: westernunion
    moneygram: moneygram
    venmo: venmo
    zelle: zellepay
    cash app: cash square
    shopify: shopify
    stripe: stripe
    revolut: revolut
    klarna: klarna
    rakuten: rakuten
    mercari: mercari
    jcb card: jcb
    aeon card: aeon
    eki-net: eki-net jreast
    """
_BESIDE = (
    r"(?:support|security|service|services|team|id|account|accounts|alert|alerts|billing|help|customer|care|online|bank|store"
    r"|delivery|notification|notifications|verification|payment|payments|invoice|video|rewards?|hilfe|konto|kundenservice)"
)


@dataclass(frozen=True, slots=True)
class Brand:
    """A name, and the second levels of its owner's domains."""

    name: str
    homes: frozenset[str]


def _read() -> dict[str, Brand]:
    found: dict[str, Brand] = {}
    for line in _KNOWN.strip().splitlines():
        name, _, homes = line.strip().partition(":") if line.count(":") == 1 else line.strip().rpartition(":")
        found[name.strip().removeprefix("*")] = Brand(
            name.strip().removeprefix("*"), frozenset(homes.split())
        )
    return found


BRANDS = _read()
_LOOSE = [
    name
    for name in (line.strip().partition(":")[0] for line in _KNOWN.strip().splitlines())
    if name.startswith("*")
]
_NAME = re.compile(
    r"(?<![\w@.-])(?:("
    + "|".join(re.escape(name) for name in sorted(BRANDS, key=len, reverse=True) if f"*{name}" not in _LOOSE)
    + r")|("
    + "|".join(re.escape(name[1:]) for name in sorted(_LOOSE, key=len, reverse=True))
    + rf")(?=[\s.:_-]+{_BESIDE}\b))(?![\w@]|\.\w)",
    re.IGNORECASE,
)
_HOMES = frozenset(home for brand in BRANDS.values() for home in brand.homes if len(home) >= 5)
_SHORT = frozenset(home for brand in BRANDS.values() for home in brand.homes) - _HOMES
_LOOKS = {skeleton(home): home for home in _HOMES}


def named(text: str) -> Brand | None:
    """Return the brand whose name stands in a text, or None."""
    found = _NAME.search(text)
    return BRANDS[(found[1] or found[2]).lower()] if found else None


def is_home(brand: Brand, domain: str) -> bool:
    """Whether a registered domain is of the brand: by its second level, `paypal.com` as `paypal.de`, or its own top level."""
    label, _, rest = domain.partition(".")
    if label in brand.homes or any(label.startswith(home + "-") for home in brand.homes & _REGIONAL):
        return True
    return rest.rpartition(".")[2] in brand.homes & _TOP_LEVELS


def imitated(host: str, domain: str) -> str:
    """Return the name that a host looks like without being it: `paypa1.com`, `paypal.com.evil.test`; or ''.

    A name alone below another's domain is how services name their customers (`netflix.slack.com`).
    """
    label = domain.partition(".")[0]
    if label in _HOMES or label in _SHORT or domain.rpartition(".")[2] in _TOP_LEVELS:
        return ""
    if (home := _LOOKS.get(skeleton(label))) is not None:
        return home
    labels = [*host.removesuffix(domain).strip(".").split("."), label]
    for place, each in enumerate(labels):
        if each in _STRONG and place < len(labels) - 1 and labels[place + 1] in _ENDS:
            return each
        pieces = each.split("-")
        if len(pieces) > 1 and pieces[0] not in _REGIONAL:
            found = next((piece for piece in pieces if piece in _STRONG and piece not in _WORDS), "")
            if found:
                return found
    return ""


_REGIONAL = frozenset({"sparkasse", "volksbank", "voba", "vrbank", "raiffeisenbank"})
"""Houses with a domain for each town."""
_TOP_LEVELS = frozenset(
    {"microsoft", "office", "skype", "azure", "apple", "amazon", "dhl", "netflix", "walmart", "chase", "jpmorgan", "barclays", "hsbc",
     "citi", "americanexpress", "fedex", "norton", "sony", "bbva"}
)  # fmt: skip
"""Top levels that are a brand's own."""
_ENDS = frozenset(
    {"com", "net", "org", "co", "de", "fr", "uk", "es", "it", "nl", "pl", "eu", "io", "jp", "br", "ca", "au"}
)
_WORDS = frozenset({"apple", "chase"})
"""What stands in the names of others, too: apple-tree."""
_STRONG = frozenset(
    {"paypal", "amazon", "apple", "icloud", "microsoft", "microsoftonline", "office365", "netflix", "facebook", "instagram", "dropbox",
     "docusign", "wellsfargo", "bankofamerica", "chase", "americanexpress", "coinbase", "binance", "metamask", "sparkasse", "dhl",
     "fedex", "usps",}
)  # fmt: skip
