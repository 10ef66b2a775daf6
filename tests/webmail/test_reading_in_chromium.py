"""A conversation in a real browser: frames as high as their text, pictures on demand, keys inside frames."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from apps.store.models import Content
from tests.browser import find_chromium
from tests.factories import a_mailbox

from .live import serving_web
from .mail import PNG, an_email, file, signed_in

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.django_db(transaction=True)
def test_reading() -> None:
    chromium = find_chromium()
    mailbox = a_mailbox()
    old = an_email("The first of them.\n", subject="Invoice 2041 for November")
    old["Message-ID"] = "<1@x.test>"
    file(old.as_bytes(), mailbox)
    html = (
        "<p>line</p>" * 80
        + '<a href="https://evil.example/x">https://bank.example</a><script>document.title="x"</script>'
    )
    message = an_email(
        html=html + '<img src="https://t.example/a.png" width=300 height=80>',
        subject="Re: Invoice 2041 for November",
    )
    message["To"], message["Cc"] = "alice@example.test", "Carol <carol@example.test>"
    message["References"], message["Reply-To"] = "<1@x.test>", "other@else.test"
    message.add_attachment(PNG, "image", "png", filename="cat.png")
    filed = file(message.as_bytes(), mailbox)
    thread = Content.objects.get(mailbox_id=mailbox.pk, id=filed.content_id).thread_id
    inbox = mailbox.folders.get(name="INBOX").pk
    cookie = signed_in(mailbox.owner).cookies["mail_session"].value
    pictures = os.environ.get("MAIL_TEST_PICTURES")
    with serving_web() as web, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=ARGS)
        context = browser.new_context(viewport={"width": 1366, "height": 800})
        context.add_cookies([{"name": "mail_session", "value": cookie, "url": web}])
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{web}/mail/{mailbox.pk}/t/{thread}?folder={inbox}", wait_until="load")
        frame = page.locator(f"#message-{filed.content_id} iframe")
        page.wait_for_function(
            "n => document.querySelector(n).clientHeight > 1500", arg=f"#message-{filed.content_id} iframe"
        )
        inner = frame.content_frame
        # The frame does not scroll by itself.
        root = inner.locator("html")
        assert root.evaluate("e => e.scrollHeight <= e.ownerDocument.defaultView.innerHeight")
        assert page.title() != "x"
        if pictures:
            for width in (360, 768, 1366):
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    page.set_viewport_size({"width": width, "height": 900})
                    page.wait_for_timeout(200)
                    page.screenshot(path=f"{pictures}/{width}-{scheme}.png")
            for tool in ("source", "trace", "print"):
                other = context.new_page()
                other.goto(f"{web}{filed.url(tool)}")
                other.screenshot(path=f"{pictures}/{tool}.png")
                other.close()
            axe = Path("frontend/node_modules/axe-core/axe.min.js").read_text()
            page.evaluate(axe)
            found = page.evaluate(
                "axe.run({iframes: false}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160)).join(' | ')))"
            )
            Path(f"{pictures}/axe.txt").write_text("\n".join(found))
        # A link that says another host is asked about.
        inner.locator("a").click()
        assert page.locator(".link-sheet").is_visible()
        assert "evil.example" in page.locator(".link-sheet").inner_text()
        page.keyboard.press("Escape")
        assert not page.locator(".link-sheet").is_visible()
        # Pictures wait for a key pressed in the frame.
        assert not any("/image?" in url for url in asked)
        inner.locator("p").first.click()
        with page.expect_request(lambda request: "images=1" in request.url):
            page.keyboard.press("i")
        page.wait_for_timeout(300)
        assert not any("t.example" in url.split("?")[0] for url in asked)
        assert page.locator('[data-note="pictures"]').count() == 0
        # So does the way back.
        inner.locator("p").first.click()
        page.keyboard.press("Escape")
        page.wait_for_url(f"**/f/{inbox}/")
        browser.close()
