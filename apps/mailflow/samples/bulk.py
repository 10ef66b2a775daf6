"""Mail that machines send: newsletters, receipts, notices, lists, and the junk between them."""

# Rows of these tables are long texts over several lines.
# ruff: noqa: ISC004

NEWSLETTERS = (
    ("The Slow Gardener", "gardener@news.example.org", "What to do before the first frost", (
        ("Lift the dahlias", "Cut them back to a hand's breadth, shake off the soil, and keep them dry and cool."),
        ("Feed the soil", "Two fingers of compost now are worth a sack of fertiliser in spring."),
        ("Sharpen the tools", "An oiled blade does not rust. Ten minutes, once a year."))),
    ("Byte & Bean", "hello@news.example.net", "Three recipes for people who work from home", (
        ("Lentils in one pot", "Forty minutes, most of them without you."),
        ("Bread that waits", "Mix in the evening, bake when the first meeting is over."),
        ("Soup from leftovers", "The rule of thirds: something sweet, something sour, something green."))),
    ("Harbour Library", "news@library.example.org", "New on our shelves this month", (
        ("The Lighthouse Keeper's Notebook", "A diary found behind a wall, now printed for the first time."),
        ("Maps of Nowhere", "Two hundred islands that never were, and the captains who drew them."),
        ("Opening hours", "From the first of the month we open at nine, on Thursdays until eight."))),
    ("Rails & Trails", "weekly@news.example.org", "Five day trips by train", (
        ("Up the valley", "Change at the junction, sit on the left, and do not fall asleep before the viaduct."),
        ("To the sea", "An hour and a half; the café on the pier opens at ten."),
        ("Round the lake", "Fourteen kilometres, flat, with a boat halfway for those who have had enough."))),
)  # fmt: skip

RECEIPTS = (
    ("Example Books", "orders@shop.example.org", "Your receipt 20417", (("The Long Way Home", 18.90), ("Notebook, lined", 4.50))),
    ("Corner Coffee", "receipts@coffee.example.net", "Thank you for your order", (("House blend, 1 kg", 21.00), ("Filters, 100", 3.20))),
    ("City Power", "billing@power.example.org", "Your bill for last month", (("184 kWh", 58.88), ("Base price", 9.90))),
    ("Example Hosting", "billing@hosting.example.net", "Invoice 2026-1107", (("Server, one month", 24.00), ("Backup, 200 GB", 4.00))),
)  # fmt: skip

NOTICES = (
    ("Parcel Service", "tracking@parcels.example.org", "Your parcel is on its way",
     "Your parcel 00340 4341 comes tomorrow between 10:00 and 13:00.\n\nNobody at home? Tell us a neighbour's name:\n"
     "https://parcels.example.org/00340434/place\n"),
    ("Parcel Service", "tracking@parcels.example.org", "Your parcel was delivered",
     "We handed your parcel 00340 4341 to: BAKER, ground floor.\n"),
    ("Example Bank", "service@bank.example.net", "A new sign-in to your account",
     "Somebody signed in from a new device.\n\nTime: this morning, 08:12\nDevice: Firefox on Linux\n\n"
     "If it was you, there is nothing to do.\n"),
    ("Build Robot", "robot@builds.example.org", "[builds] main #1482 failed: 2 of 931 tests",
     "FAILED tests/test_clock.py::test_leap_second\nFAILED tests/test_clock.py::test_new_year\n\n"
     "929 passed, 2 failed in 184.20s\n"),
    ("Dentist Dr. Example", "practice@dentist.example.net", "Reminder: your appointment",
     "Dear Ms Example,\n\nwe look forward to seeing you on Tuesday at 8:40.\n"),
)  # fmt: skip

LIST_MAIL = (
    ("Frank Fischer", "frank@example.net", "[clock-dev] Proposal: drop support for sundials",
     "The code for sundials is 4,000 lines, and nobody has reported a bug in it for three years.\n"
     "Either it is perfect or nobody uses it. I suggest we remove it in the next release.\n"),
    ("Erin O'Neil", "erin@example.org", "Re: [clock-dev] Proposal: drop support for sundials",
     "> Either it is perfect or nobody uses it.\n\nBoth, in my garden. But I can stay on the old release.\n"),
    ("Release Manager", "release@clocks.example.org", "[clock-dev] 4.2.0 is out",
     "Changes since 4.1:\n\n * Leap seconds are smeared over a day.\n * The cuckoo can be muted.\n"
     " * 31 bugs fixed, 2 added.\n"),
)  # fmt: skip

JUNK = (
    ("Dr. Fortune", "winner@prize.example.net", "C0NGRATULATIONS!!! You have WON",
     "Dear Beneficiary,\n\nyou have been selected. Send your bank details AT ONCE to claim 4,500,000.00.\n"),
    ("Best Pills", "deals@pills.example.org", "Re: your order, 90% 0FF today only",
     "CLICK HERE http://pills.example.org/?id=4711 for the l0west prices. Act now!!!\n"),
    ("Mailbox Support", "support@mailbox-verify.example.net", "Your mailbox is almost full - verify now",
     "Dear user,\n\nyour mailbox will be closed today. Verify your password at http://mailbox-verify.example.net/\n"),
)  # fmt: skip


def newsletter_html(title: str, stories: tuple[tuple[str, str], ...], image: str) -> str:
    """Return a newsletter as such look: tables, inline styles, a picture, a hidden first line."""
    cells = "".join(
        f'<tr><td style="padding:16px 24px;border-bottom:1px solid #ddd"><h2 style="margin:0;font-size:18px">{head}</h2>'
        f'<p style="margin:8px 0;color:#444">{text}</p><a href="https://news.example.org/{number}">Read on</a></td></tr>'
        for number, (head, text) in enumerate(stories, 1)
    )
    return (
        "<!DOCTYPE html><html><head><style>body{margin:0;background:#f4f4f0}</style></head><body>"
        f'<div style="display:none">{stories[0][1]}</div><table width="600" align="center" cellpadding="0" '
        f'cellspacing="0" style="font-family:Georgia,serif;background:#fff"><tr><td><img src="cid:{image}" width="600" '
        f'height="120" alt=""></td></tr><tr><td style="padding:24px"><h1>{title}</h1></td></tr>{cells}<tr><td '
        'style="padding:24px;color:#888;font-size:12px">You get this because you asked for it. <a '
        'href="https://news.example.org/leave?u=alice">Leave the list</a></td></tr></table></body></html>\n'
    )


def receipt_html(shop: str, items: tuple[tuple[str, float], ...]) -> str:
    """Return a receipt with its table."""
    rows = "".join(
        f"<tr><td>{name}</td><td align=right>{price:.2f} &euro;</td></tr>" for name, price in items
    )
    total = sum(price for _, price in items)
    return (
        f"<html><body><p>Thank you for shopping at {shop}.</p><table border=1 cellpadding=6>{rows}"
        f"<tr><th>Total</th><th align=right>{total:.2f} &euro;</th></tr></table></body></html>\n"
    )
