/** Buttons that ask for a passkey and send what the browser answered with their form; loaded where there is one.
 *
 * `data-passkey="show"` or `"make"`, `data-options` with the address that says what is to be signed. Where the form has a
 * field with `autocomplete="… webauthn"`, the browser offers passkeys there without a button. */

import { HttpError, request } from "./http";
import { gettext } from "./i18n";
import { answered, toMake, toShow } from "./webauthn";

/** What the server gave expires after five minutes; an offer in a field is renewed before. */
const RENEWED_AFTER = 240_000;
const AGAIN = "again";

let offering: AbortController | null = null;

/** Start the page's buttons, and the offer in its field. */
export function startPasskeys(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("[data-passkey]") : null;
    if (!button?.form) return;
    event.preventDefault();
    void press(button, button.form);
  });
  startOffer();
}

function startOffer(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-passkey=show]");
  if (button?.form?.querySelector("[autocomplete~=webauthn]")) void offer(button, button.form);
}

async function press(button: HTMLButtonElement, form: HTMLFormElement): Promise<void> {
  if (!button.formNoValidate && !form.reportValidity()) return;
  say(form, "");
  offering?.abort();
  button.disabled = true;
  try {
    send(button, form, await ask(button, form));
  } catch (error) {
    button.disabled = false;
    if (isOver(error)) return location.reload();
    say(form, wordsOf(error, button.dataset["passkey"] === "make"));
    button.focus();
    startOffer();
  }
}

async function ask(
  button: HTMLButtonElement,
  form: HTMLFormElement,
  more: CredentialRequestOptions = {},
): Promise<PublicKeyCredential> {
  if (!globalThis.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
  const token = new FormData(form).get("token");
  const body = new URLSearchParams(typeof token === "string" ? { token } : {});
  const options = await request<object>(button.dataset["options"] ?? "", { method: "POST", body });
  const found =
    button.dataset["passkey"] === "make"
      ? await navigator.credentials.create({ publicKey: toMake(options as PublicKeyCredentialCreationOptionsJSON) })
      : await navigator.credentials.get({
          ...more,
          publicKey: toShow(options as PublicKeyCredentialRequestOptionsJSON),
        });
  if (!(found instanceof PublicKeyCredential)) throw new DOMException("", "NotAllowedError");
  return found;
}

function send(button: HTMLButtonElement, form: HTMLFormElement, credential: PublicKeyCredential): void {
  const field = form.elements.namedItem("response");
  if (field instanceof HTMLInputElement) field.value = answered(credential);
  button.disabled = false;
  form.requestSubmit(button);
}

/** Let the browser offer passkeys where the address is typed, for as long as the page is looked at. */
async function offer(button: HTMLButtonElement, form: HTMLFormElement): Promise<void> {
  if (!(await globalThis.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
  for (;;) {
    const mine = new AbortController();
    offering = mine;
    const timer = setTimeout(() => mine.abort(AGAIN), RENEWED_AFTER);
    try {
      send(button, form, await ask(button, form, { mediation: "conditional", signal: mine.signal }));
      return;
    } catch {
      // Nobody asked for anything, so nobody is told that nothing came of it.
      if (mine.signal.reason !== AGAIN) return;
    } finally {
      clearTimeout(timer);
    }
    if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
  }
}

function say(form: HTMLFormElement, text: string): void {
  const place = form.querySelector<HTMLElement>("[data-passkey-says]");
  if (!place) return;
  place.textContent = text;
  place.closest<HTMLElement>("[role=alert]")?.toggleAttribute("hidden", !text);
}

/** Whether the page has to be asked for again: signed out, or asked to show once more who sits there. */
function isOver(error: unknown): boolean {
  return error instanceof HttpError && (error.status === 401 || error.status === 403);
}

/** An error in words. Browsers do not tell apart who cancelled, who waited, and who has no passkey here. */
export function wordsOf(error: unknown, isMaking: boolean): string {
  if (error instanceof HttpError && error.status < 500 && error.body) return error.message;
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
      return isMaking
        ? gettext("No passkey was made: it was cancelled, or took too long. You can try again.")
        : gettext("No passkey was used: it was cancelled, took too long, or there is none here. Try again, or take another way.");
    case "InvalidStateError":
      return gettext("This device holds a passkey of yours already.");
    case "ConstraintError":
      return gettext("This device cannot keep a passkey. Set up a screen lock or a PIN on it first.");
    case "SecurityError":
      return gettext("Passkeys do not work at this address. Open the page by its usual name, over https.");
    case "NotSupportedError":
      return gettext("This browser cannot use passkeys.");
    case "TypeError":
      return gettext("The server could not be reached. Nothing was changed.");
    default:
      return gettext("The passkey did not work. Try again, or take another way.");
  }
}
