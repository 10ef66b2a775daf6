"""Hands that know no mouse: they press keys and type, and after each step the focus must be there to be seen."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect

# What has the focus, as its reader hears it, and whether its reader sees that: by a ring around it or around the box
# that it sits in. Where text is written, the caret shows it.
FOCUS = """
() => {
  let found = document.activeElement;
  if (!found || found === document.body) return null;
  const rung = (e) => { const s = getComputedStyle(e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0; };
  const box = found.closest(".input, .person, label") ?? found;
  const writes = found.isContentEditable || found.matches(".composer input, .composer textarea, .picker input");
  const name = found.getAttribute("aria-label") || found.labels?.[0]?.innerText || found.title || found.innerText || found.name || found.id;
  return {
    name: `${found.localName} “${(name ?? "").trim().replace(/\\s+/g, " ").slice(0, 60)}”`,
    shown: (found.matches(":focus-visible") || found.matches("iframe.has-focus")) && (rung(found) || rung(box) || (writes && getComputedStyle(found).caretColor !== "transparent")),
  };
}
"""


@dataclass
class Hands:
    """Somebody at a keyboard."""

    page: Page

    def press(self, *keys: str, why: str = "") -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)
        self._tell(" ".join(keys), why)

    def write(self, text: str, why: str = "") -> None:
        """Type."""
        self.page.keyboard.type(text)
        self._tell(f"“{text}”", why)

    def reach(self, selector: str, *, key: str = "Tab", most: int = 60) -> None:
        """Press Tab until the focus is there; it is seen on its whole way."""
        for count in range(1, most + 1):
            self.page.keyboard.press(key)
            self.focus_is_seen()
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                self._tell(f"{key}, {count} times", "")
                return
        raise AssertionError(f"{most} times {key}, and no {selector}")

    def sees(self, where: Locator, text: str | None = None) -> None:
        """Wait until it is on the screen."""
        expect(where).to_be_visible()
        if text is not None:
            expect(where).to_contain_text(text)
        self.focus_is_seen()
        print(f"      {'sees':24} {text or where.inner_text().split(chr(10))[0]}")

    def focus_is_seen(self) -> None:
        """Fail where nobody could say where the focus is."""
        found = self._focus()
        if found is None:
            # A page's dialog or pane takes it in its next frame.
            self.page.wait_for_timeout(150)
            found = self._focus()
        assert found is None or found["shown"], f"the focus is on {found['name']}, and nothing shows it"

    def _focus(self) -> Any:
        """Return what has the focus; a key may just have led to another page."""
        try:
            return self.page.evaluate(FOCUS)
        except Error:
            self.page.wait_for_load_state()
            return self.page.evaluate(FOCUS)

    def _tell(self, what: str, why: str) -> None:
        found = self._focus()
        print(f"      {what:24} {why or '-> ' + (found['name'] if found else 'the page')}")
