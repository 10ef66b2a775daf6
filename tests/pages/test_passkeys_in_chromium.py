"""Passkeys in a real browser, which has a device that Chromium plays (WebAuthn of the DevTools protocol)."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect, sync_playwright

from apps.pages import assets
from tests.accounts.signing import SECRET
from tests.browser import find_chromium, lacking
from tests.factories import a_user
from tests.webmail.live import serving_web

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# A browser that offers no passkeys where the address is typed, so that the button is what is tried.
WITHOUT_OFFERS = "PublicKeyCredential.isConditionalMediationAvailable = async () => false;"
AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Device:
    """A phone or key that is plugged into one page."""

    cdp: CDPSession
    id: str

    def is_used(self, yes: bool) -> None:
        """Let its user agree to everything, or sit still."""
        self.cdp.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.id, "enabled": yes})

    def is_user_verified(self, yes: bool) -> None:
        """Let finger, face or PIN be right, or wrong."""
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})

    def keys(self) -> list[Any]:
        """Return what it holds."""
        held: list[Any] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return held


@dataclass
class Desk:
    """A browser of its own, with a page and a device."""

    web: str
    context: BrowserContext
    page: Page
    device: Device
    complaints: list[str]

    def sign_in(self, address: str) -> None:
        """Sign in by the password."""
        self.page.goto(f"{self.web}/sign-in?next=/settings/security")
        self.page.fill("#address", address)
        self.page.fill("#password", SECRET)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def add(self, label: str) -> None:
        """Add a passkey, from the settings."""
        self.page.get_by_role("link", name="Add passkey").click()
        self.page.fill("#id_label", label)
        self.page.get_by_role("button", name="Add passkey").click()

    def sign_out(self) -> None:
        """Forget who sat here."""
        self.context.clear_cookies()


def a_device(page: Page) -> Device:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(cdp, made["authenticatorId"])


@pytest.fixture
def desks(real_database: None) -> Iterator[Any]:
    """Return what makes desks: `desks()`; users are made before the first."""
    chromium = find_chromium()
    if not assets.has("pages.js"):
        lacking("no built assets: passkeys are not tried in a browser")
    # Two cores may be shared with much else: what is right comes, if late.
    expect.set_options(timeout=15_000)
    with contextlib.ExitStack() as stack:
        stack.callback(expect.set_options, timeout=5_000)
        made: list[Desk] = []
        browser: Any = None
        web = ""

        def desk(**more: Any) -> Desk:
            nonlocal browser, web
            if browser is None:
                web = stack.enter_context(serving_web()).replace("127.0.0.1", "localhost")
                playwright = stack.enter_context(sync_playwright())
                browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
                stack.callback(browser.close)
            context = browser.new_context(**more)
            page = context.new_page()
            page.set_default_timeout(30_000)
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error.stack)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            made.append(Desk(web, context, page, a_device(page), complaints))
            return made[-1]

        yield desk
        expected = re.compile(r"40[01349]|410|422|favicon")
        for each in made:
            assert [text for text in each.complaints if not expected.search(text)] == []


def test_one_is_made_and_lets_in_alone_and_is_removed(desks: Any) -> None:
    alice = a_user("alice", password=SECRET)
    desk: Desk = desks()
    page = desk.page
    desk.sign_in(alice.address)
    desk.add("Phone")
    expect(page.locator("#codes li")).to_have_count(10)
    assert len(desk.device.keys()) == 1
    page.get_by_role("link", name="I have them").click()
    expect(page.locator("#factors")).to_contain_text("Phone")
    expect(page.locator("#factors")).to_contain_text("never used")

    desk.sign_out()
    page.add_init_script(WITHOUT_OFFERS)
    page.goto(f"{desk.web}/sign-in?next=/settings/security")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/settings/security")
    expect(page.locator("#factors")).not_to_contain_text("never used")

    page.locator("#factors li", has_text="Phone").get_by_role("link", name="Remove").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("your only second step")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator(".notice")).to_contain_text("“Phone” was removed.")

    desk.sign_out()
    page.goto(f"{desk.web}/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="not accepted")).to_be_visible()


def test_the_field_offers_it(desks: Any) -> None:
    alice = a_user("alice", password=SECRET)
    desk: Desk = desks()
    desk.sign_in(alice.address)
    desk.add("Phone")
    expect(desk.page.locator("#codes li")).to_have_count(10)
    desk.sign_out()
    # Whoever agrees to everything chooses at once what the field offers.
    desk.page.goto(f"{desk.web}/sign-in?next=/settings/security")
    desk.page.wait_for_url("**/settings/security")


def test_it_is_the_second_step_and_mallorys_is_not(desks: Any) -> None:
    alice, mallory = a_user("alice", password=SECRET), a_user("mallory", password=SECRET)
    hers: Desk = desks()
    hers.page.add_init_script(WITHOUT_OFFERS)
    hers.sign_in(alice.address)
    hers.add("Phone")
    expect(hers.page.locator("#codes li")).to_have_count(10)
    hers.sign_out()
    hers.device.is_used(False)
    hers.sign_in(alice.address)
    expect(hers.page.get_by_role("heading", name="One more step")).to_be_visible()
    hers.device.is_used(True)
    hers.page.get_by_role("button", name="Use your passkey").click()
    hers.page.wait_for_url("**/settings/security")

    theirs: Desk = desks()
    theirs.page.add_init_script(WITHOUT_OFFERS)
    theirs.sign_in(mallory.address)
    theirs.add("Mine")
    expect(theirs.page.locator("#codes li")).to_have_count(10)
    theirs.sign_out()
    theirs.device.is_used(False)
    theirs.sign_in(alice.address)
    theirs.device.is_used(True)
    theirs.page.get_by_role("button", name="Use your passkey").click()
    expect(theirs.page.get_by_role("alert").filter(has_text="passkey")).to_be_visible()
    theirs.page.goto(f"{theirs.web}/settings/security")
    expect(theirs.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_is_cancelled_is_said_in_words(desks: Any) -> None:
    alice = a_user("alice", password=SECRET)
    desk: Desk = desks()
    page = desk.page
    desk.sign_in(alice.address)
    desk.device.is_user_verified(False)
    desk.add("Phone")
    says = page.locator("[data-passkey-says]")
    expect(says).to_contain_text("No passkey was made")
    desk.device.is_user_verified(True)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.locator("#codes li")).to_have_count(10)
    page.goto(f"{desk.web}/settings/security/passkeys/add")
    page.get_by_role("button", name="Add passkey").click()
    expect(says).to_contain_text("This device holds a passkey of yours already.")
    desk.sign_out()
    desk.device.is_used(False)
    page.goto(f"{desk.web}/sign-in")
    desk.device.is_user_verified(False)
    desk.device.is_used(True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(says).to_contain_text("No passkey was used")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out_by_these_pages(desks: Any, scheme: str) -> None:
    if not AXE.exists():
        lacking("axe-core is not installed: pages are not checked for accessibility")
    alice = a_user("alice", password=SECRET)
    desk: Desk = desks(color_scheme=scheme)
    page = desk.page
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.evaluate(AXE.read_text())
        report = page.evaluate("axe.run()")
        found[name] = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in report["violations"]]

    desk.device.is_used(False)
    page.goto(f"{desk.web}/sign-in")
    look("sign-in")
    desk.device.is_used(True)
    desk.sign_in(alice.address)
    look("without a second step")
    page.goto(f"{desk.web}/settings/security/app")
    look("app")
    page.goto(f"{desk.web}/settings/security/passkeys/add")
    look("add")
    page.goto(f"{desk.web}/settings/security")
    desk.add("Phone")
    expect(page.locator("#codes li")).to_have_count(10)
    look("codes")
    page.goto(f"{desk.web}/settings/security")
    look("with a second step")
    page.locator("#factors li", has_text="Phone").get_by_role("link", name="Rename").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    look("rename")
    page.goto(f"{desk.web}/settings/security/second-step/off")
    look("turning it off")
    page.goto(f"{desk.web}/settings/security/prove")
    look("prove")
    page.goto(f"{desk.web}/settings/appearance")
    look("appearance")
    page.get_by_role("button", name="Show all keys").click()
    look("keys")
    desk.sign_out()
    desk.device.is_used(False)
    desk.sign_in(alice.address)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    look("second step")
    assert {name: problems for name, problems in found.items() if problems} == {}
