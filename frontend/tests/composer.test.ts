import assert from "node:assert/strict";
import { test } from "node:test";

import { conflictOf, differing, words } from "../src/islands/composer/conflict";
import { asLocal, presets } from "../src/islands/composer/later";
import { blank, newId } from "../src/islands/composer/letter";
import { asTyped, fewNames, isAddress, onChip, parsePeople, withPeople } from "../src/islands/composer/people";
import { EVERY_MS, RETRY_MS, Saving, type Clock, type Outcome } from "../src/islands/composer/saving";
import { inBytes } from "../src/islands/composer/uploads";

const addresses = (text: string): string[] => parsePeople(text).map(({ address }) => address);

test("people are read however programs copy them", () => {
  assert.deepEqual(parsePeople('Ana Roth <ana@x.example>, "Roth, \\"A\\"" <a@x.example>; b@x.example\nc@x.example'), [
    { name: "Ana Roth", address: "ana@x.example" },
    { name: 'Roth, "A"', address: "a@x.example" },
    { name: "", address: "b@x.example" },
    { name: "", address: "c@x.example" },
  ]);
  assert.deepEqual(addresses("a@x.example b@x.example\tc@x.example"), ["a@x.example", "b@x.example", "c@x.example"]);
  assert.deepEqual(addresses("mailto:a@x.example, <mailto:b@x.example>"), ["a@x.example", "b@x.example"]);
  assert.deepEqual(addresses("nobody"), ["nobody"]);
  assert.deepEqual(addresses(' , ;; \n" a@x.example'), ['" a@x.example']);
  assert.deepEqual(addresses("<a@x.example>, <b@x.example"), ["a@x.example", "<b@x.example"]);
  assert.deepEqual(parsePeople("a@x.example <a@x.example>"), [{ name: "", address: "a@x.example" }]);
  assert.equal(parsePeople(Array.from({ length: 500 }, (_, n) => `p${n}@x.example`).join(", ")).length, 500);
});

test("an address is told from what is none", () => {
  for (const good of ["a@x.example", "a+b@x.example", "jörg@bücher.example", "a@localhost", "o'b@x.example"]) assert.ok(isAddress(good), good);
  for (const bad of ["", "a", "a@", "@x", "a b@x.example", "a@x..example", "a@@x", "a@.x", "<a@x.example>", "a.@x.example"]) assert.ok(!isAddress(bad), bad);
});

test("people are there once, and typed as they are read", () => {
  const ana = { name: "Ana", address: "ana@x.example" };
  assert.deepEqual(withPeople([ana], [{ name: "", address: "ANA@x.example" }]), [ana]);
  for (const person of [ana, { name: 'R, "A" \\', address: "a@x.example" }, { name: "", address: "b@x.example" }]) {
    assert.deepEqual(parsePeople(asTyped(person)), [person]);
  }
  assert.equal(onChip(ana), "Ana · x.example");
  assert.equal(fewNames([ana, ana, ana]), "Ana, Ana +1");
});

class Hand implements Clock {
  time = 0;
  private waiting: { at: number; run: () => void; id: number }[] = [];
  now(): number {
    return this.time;
  }
  set(run: () => void, ms: number): number {
    const id = Math.random() + 1;
    this.waiting.push({ at: this.time + ms, run, id });
    return id;
  }
  clear(id: number): void {
    this.waiting = this.waiting.filter((each) => each.id !== id);
  }
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.waiting.sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.waiting.shift();
      this.time = next.at;
      next.run();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function desk(answer: (text: string) => Outcome | Promise<Outcome> = () => "saved") {
  const clock = new Hand();
  const saves: { at: number; text: string }[] = [];
  const state = { text: "" };
  const saving = new Saving(
    () => state.text,
    async (text) => {
      saves.push({ at: clock.time, text });
      return answer(text);
    },
    clock,
  );
  const type = (text: string): void => {
    state.text = text;
    saving.touch();
  };
  return { clock, saves, saving, type, state };
}

test("what has not finished loading is never saved", async () => {
  const { clock, saves, saving, type } = desk();
  type("half of it");
  await clock.pass(60_000);
  await saving.flush(true);
  assert.equal(saves.length, 0);
});

test("a minute of typing is saved at most every three seconds, and nothing when nothing changed", async () => {
  const { clock, saves, saving, type } = desk();
  saving.begin();
  for (let i = 0; i < 600; i++) {
    type("x".repeat(i + 1));
    await clock.pass(100);
  }
  await clock.pass(EVERY_MS);
  assert.ok(saves.length <= 21 && saves.length >= 19, String(saves.length));
  for (let i = 1; i < saves.length; i++) assert.ok((saves[i]?.at ?? 0) - (saves[i - 1]?.at ?? 0) >= EVERY_MS - 1);
  assert.equal(saves.at(-1)?.text.length, 600);
  const before = saves.length;
  for (let i = 0; i < 50; i++) {
    saving.touch();
    await clock.pass(1000);
  }
  assert.equal(saves.length, before);
});

test("one save at a time, and what came meanwhile after it", async () => {
  let finish: (outcome: Outcome) => void = () => undefined;
  const { clock, saves, saving, type } = desk(() => new Promise((resolve) => (finish = resolve)));
  saving.begin();
  type("a");
  await clock.pass(1000);
  type("ab");
  await clock.pass(30_000);
  assert.equal(saves.length, 1);
  finish("saved");
  await clock.pass(0);
  await clock.pass(EVERY_MS);
  assert.deepEqual(saves.map(({ text }) => text), ["a", "ab"]);
});

test("a save that failed is tried again, a conflict is not", async () => {
  let outcome: Outcome = "retry";
  const { clock, saves, saving, type } = desk(() => outcome);
  saving.begin();
  type("a");
  await clock.pass(1000 + 2 * RETRY_MS);
  assert.equal(saves.length, 3);
  outcome = "stop";
  await clock.pass(10 * RETRY_MS);
  assert.equal(saves.length, 4);
  assert.ok(saving.isDirty);
});

test("nothing is saved while it is paused", async () => {
  const { clock, saves, saving, type } = desk();
  saving.begin();
  type("a");
  await saving.pause();
  type("ab");
  await clock.pass(60_000);
  assert.equal(saves.length, 0);
  saving.resume();
  await clock.pass(EVERY_MS);
  assert.deepEqual(saves.map(({ text }) => text), ["ab"]);
});

test("a refusal says what can be done", () => {
  const theirs = { ...blank(), subject: "Theirs" };
  assert.deepEqual(conflictOf(409, { code: "conflict", revision: 4, theirs }), { kind: "both", revision: 4, theirs });
  assert.deepEqual(conflictOf(409, { code: "gone", revision: 3, theirs: null }), { kind: "deleted", revision: 3 });
  assert.deepEqual(conflictOf(409, { code: "gone", revision: 0 }), { kind: "over" });
  assert.equal(conflictOf(409, "text"), null);
  assert.equal(conflictOf(422, { code: "conflict", theirs }), null);
});

test("two versions are compared by what they say", () => {
  const mine = { ...blank(), html: "<div>At <b>noon</b>?</div>", subject: "A" };
  assert.deepEqual(differing(mine, { ...mine, html: "<p>At noon?</p>" }), []);
  assert.deepEqual(differing(mine, { ...mine, subject: "B", html: "<p>No</p>" }), ["subject", "text"]);
  assert.equal(words({ ...mine, html: "a &lt;b&gt;<br>c&nbsp;&amp;amp;" }), "a <b>\nc &amp;");
});

test("later is what people mean by it", () => {
  const keys = (when: Date): string[] => presets(when).map(({ key }) => key);
  assert.deepEqual(keys(new Date(2026, 10, 24, 10)), ["evening", "tomorrow", "monday"]);
  assert.deepEqual(keys(new Date(2026, 10, 24, 20)), ["tomorrow", "monday"]);
  // On a Sunday tomorrow is Monday.
  assert.deepEqual(keys(new Date(2026, 10, 29, 20)), ["tomorrow"]);
  const monday = presets(new Date(2026, 10, 30, 20)).find(({ key }) => key === "monday");
  assert.equal(asLocal(monday?.at ?? new Date(0)), "2026-12-07T08:00");
  assert.ok(presets(new Date(2026, 11, 31, 23)).every(({ at }) => at > new Date(2026, 11, 31, 23)));
});

test("ids and sizes", () => {
  assert.ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(newId()));
  assert.equal(inBytes(86_016, "en"), "84 kB");
  assert.equal(inBytes(1_258_291, "en"), "1.2 MB");
});
