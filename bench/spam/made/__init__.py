"""Training mail of our own making, harmless and unwanted, in fourteen languages.

The public collections hold no harmless mail that is not English, and neither orders nor newsletters nor sign-in
codes of today. A filter trained on them alone takes a language, or an order's tidy HTML, for the mark of spam. Here
both classes exist in every language, with the same headers, encodings and layouts, so that only what a message says
and asks for can tell them apart.

`<language>.toml` holds the texts, written by hand; `make.py` builds whole messages of them, the same on every run.
"""
