/** The arithmetic of the list's window, its selection, its keys and its pickers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyReader } from "../src/list/keys";
import { places, Selection, stretch } from "../src/list/selection";
import { keyOf, type Row } from "../src/list/types";
import { afterRemoval, clamp, drawn, pagesOf, scrollTo, visible } from "../src/list/window";

function row(uid: number, more: Partial<Row> = {}): Row {
  return {
    content: uid + 1000, folder: 5, uid, uids: [uid], thread: "1", count: 1, who: "Ana Roth", address: "ana@roth.example",
    subject: "Invoice", preview: "", at: 1_700_000_000, unread: 0, starred: false, answered: false, forwarded: false,
    draft: false, attachment: false, labels: [], ...more,
  }; // prettier-ignore
}

test("the window holds what is seen and a little more", () => {
  assert.deepEqual(visible(0, 560, 56, 100_000, 6), { first: 0, last: 16 });
  assert.deepEqual(visible(56 * 1000, 560, 56, 100_000, 6), { first: 994, last: 1016 });
  assert.deepEqual(visible(56 * 99_990, 560, 56, 100_000, 6), { first: 99_984, last: 100_000 });
  assert.deepEqual(visible(0, 560, 56, 0), { first: 0, last: 0 });
  assert.deepEqual(visible(56_000, 560, 56, 3), { first: 3, last: 3 });
});

test("any window is within the list and no larger than the screen and its margins", () => {
  for (let n = 0; n < 2000; n++) {
    const total = Math.floor(Math.random() * 200_000);
    const { first, last } = visible(Math.random() * 12e6, 900, 40, total, 6);
    assert.ok(first >= 0 && first <= last && last <= total);
    assert.ok(last - first <= Math.ceil(900 / 40) + 13);
  }
});

test("pages are those the rows are on", () => {
  assert.deepEqual(pagesOf({ first: 0, last: 16 }), [0]);
  assert.deepEqual(pagesOf({ first: 95, last: 101 }), [0, 1]);
  assert.deepEqual(pagesOf({ first: 100, last: 200 }), [1]);
  assert.deepEqual(pagesOf({ first: 7, last: 7 }), []);
});

test("scrolling goes no further than it must", () => {
  assert.equal(scrollTo(3, 0, 560, 56), 0);
  assert.equal(scrollTo(10, 0, 560, 56), 56);
  assert.equal(scrollTo(2, 560, 560, 56), 112);
});

test("the active row is drawn wherever it is", () => {
  assert.deepEqual(drawn({ first: 10, last: 13 }, 2, 100), [2, 10, 11, 12]);
  assert.deepEqual(drawn({ first: 10, last: 13 }, 11, 100), [10, 11, 12]);
  assert.deepEqual(drawn({ first: 10, last: 13 }, 90, 100), [10, 11, 12, 90]);
  assert.deepEqual(drawn({ first: 0, last: 2 }, -1, 2), [0, 1]);
});

test("after a removal the next row is active", () => {
  assert.equal(afterRemoval(5, [5]), 5);
  assert.equal(afterRemoval(5, [1, 3, 5, 9]), 3);
  assert.equal(clamp(9, 4), 3);
  assert.equal(clamp(0, 0), -1);
});

test("rows are chosen and let go", () => {
  const chosen = new Selection();
  const [one, two] = [row(1), row(2, { uids: [2, 9] })];
  chosen.toggle(one, 0);
  chosen.toggle(two, 1);
  assert.equal(chosen.size, 2);
  assert.deepEqual(places(chosen.rows), [{ folder: 5, uids: [1, 2, 9] }]);
  chosen.toggle(one, 0);
  assert.ok(!chosen.has(one) && chosen.has(two));
  chosen.refresh([{ ...two, starred: true }]);
  assert.ok(chosen.rows[0]?.starred);
  chosen.everything = true;
  assert.ok(chosen.has(one));
  chosen.clear();
  assert.equal(chosen.size, 0);
  assert.equal(keyOf(two), "5:2");
  assert.deepEqual(stretch(9, 4), { first: 4, last: 10 });
});

test("messages of several folders are named by folder", () => {
  assert.deepEqual(places([row(1), row(2, { folder: 6 }), row(3)]), [
    { folder: 5, uids: [1, 3] },
    { folder: 6, uids: [2] },
  ]);
});

test("letters are deeds", () => {
  const keys = new KeyReader();
  assert.equal(keys.read({ key: "j" }, 0, false), "next");
  assert.equal(keys.read({ key: "I", shiftKey: true }, 0, false), "read");
  assert.equal(keys.read({ key: "#" }, 0, false), "delete");
  assert.equal(keys.read({ key: "e", ctrlKey: true }, 0, false), null);
  assert.equal(keys.read({ key: "e", altKey: true }, 0, false), null);
});

test("g waits for what follows, and not for long", () => {
  const keys = new KeyReader();
  assert.equal(keys.read({ key: "g" }, 0, false), null);
  assert.equal(keys.read({ key: "a" }, 100, false), "go-all");
  assert.equal(keys.read({ key: "a" }, 200, false), "reply-all");
  assert.equal(keys.read({ key: "g" }, 300, false), null);
  assert.equal(keys.read({ key: "i" }, 9000, false), null);
  assert.equal(keys.read({ key: "*" }, 9100, false), null);
  assert.equal(keys.read({ key: "Shift", shiftKey: true }, 9150, false), null);
  assert.equal(keys.read({ key: "n" }, 9200, false), "select-none");
});

test("arrows are the list's only in the list, and stay when letters are off", () => {
  const keys = new KeyReader(false);
  assert.equal(keys.read({ key: "ArrowDown" }, 0, true), "next");
  assert.equal(keys.read({ key: "ArrowDown" }, 0, false), null);
  assert.equal(keys.read({ key: "j" }, 0, true), null);
  assert.equal(keys.read({ key: "g" }, 0, true), null);
  assert.equal(keys.read({ key: "i" }, 1, true), null);
  assert.equal(keys.read({ key: "F6" }, 0, false), "next-pane");
  assert.equal(keys.read({ key: "F6", shiftKey: true }, 0, false), "previous-pane");
});
