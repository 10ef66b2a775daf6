/** Passkeys between JSON and bytes, and what went wrong in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { HttpError } from "../src/shared/http";
import { wordsOf } from "../src/shared/passkey";
import { answered, base64url, bytes, toMake, toShow } from "../src/shared/webauthn";

test("bytes go to base64url and back, whatever they are", () => {
  for (let length = 0; length < 70; length++) {
    const some = Uint8Array.from({ length }, () => Math.floor(Math.random() * 256));
    const text = base64url(some.buffer);
    assert.ok(/^[\w-]*$/.test(text));
    assert.deepEqual(bytes(text), some);
  }
});

test("what the server wants becomes what the browser is given", () => {
  const made = toMake({
    rp: { id: "localhost", name: "mail" },
    user: { id: "AQI", name: "alice@example.test", displayName: "Alice" },
    challenge: "_-8",
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    excludeCredentials: [{ id: "AQ", type: "public-key", transports: ["internal"] }],
    timeout: 300_000,
  });
  assert.deepEqual(made.challenge, Uint8Array.of(255, 239));
  assert.deepEqual(made.user.id, Uint8Array.of(1, 2));
  assert.deepEqual(made.excludeCredentials, [{ type: "public-key", id: Uint8Array.of(1), transports: ["internal"] }]);
  assert.equal(made.timeout, 300_000);
  const shown = toShow({ challenge: "AA", rpId: "localhost", userVerification: "required" });
  assert.deepEqual([shown.challenge, shown.allowCredentials, shown.rpId], [Uint8Array.of(0), [], "localhost"]);
});

test("what the browser answers is told without what it left out", () => {
  const response = { clientDataJSON: Uint8Array.of(1).buffer, signature: Uint8Array.of(2).buffer, userHandle: null };
  const credential = { id: "Aw", rawId: Uint8Array.of(3).buffer, type: "public-key", response };
  assert.deepEqual(JSON.parse(answered(credential as unknown as PublicKeyCredential)), {
    id: "Aw",
    rawId: "Aw",
    type: "public-key",
    response: { clientDataJSON: "AQ", signature: "Ag" },
  });
});

test("an error is said in words", () => {
  const named = (name: string): DOMException => new DOMException("secret words of the browser", name);
  assert.ok(/No passkey was made/.test(wordsOf(named("NotAllowedError"), true)));
  assert.ok(/take another way/.test(wordsOf(named("NotAllowedError"), false)));
  assert.ok(/already/.test(wordsOf(named("InvalidStateError"), true)));
  assert.ok(/could not be reached/.test(wordsOf(new TypeError("Failed to fetch"), false)));
  assert.ok(/did not work/.test(wordsOf(new HttpError(500, "Internal Server Error", "<html>"), false)));
  assert.equal(wordsOf(new HttpError(410, "Start again.", { detail: "Start again." }), false), "Start again.");
  assert.ok(!/secret/.test(wordsOf(named("AnythingError"), true)));
});
