"""What the webmail's pages may do that no other page may: show the styles of the letter that is being written."""

from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from mailplatform.settings.pages import SECURE_CSP

# A letter is edited in the page itself: an editor in a frame has no selection. What it quotes has style attributes,
# cleaned here and again in the browser, and without them the quote of a newsletter falls to pieces. Attributes only:
# `<style>` and scripts stay forbidden, so what may be said is colours and boxes of one element, and what a style may
# fetch is still asked of img-src and font-src, which know this server alone.
WEBMAIL_CSP: dict[str, list[str]] = SECURE_CSP | {"style-src-attr": [CSP.UNSAFE_INLINE]}

webmail_page = csp_override(WEBMAIL_CSP)
"""Put it on every view that answers with a whole page on which letters can be written."""
