// The log: the last rows, and how many of them the reader has not seen.
// Rule: the log changes once per frame. Rows wait for the next one, so a burst of thousands costs
// one layout and not thousands, and a hidden tab, which gets messages but no frames, costs none.

import { byId, create, oncePerFrame, readable } from "../shared/dom.js";

const ROWS = 500; // the oldest go first

let binary = null; // the run of binary messages that ends the log: its row, how many, their bytes

let waiting = [];
let unread = 0;

// A run of binary messages is one row, or a burst of them would drive out all that was said.
export function addBinary(bytes, rowOfFirst) {
  if (!binary) {
    const row = rowOfFirst();
    addRow(row);
    binary = { row, count: 0, bytes: 0 };
  }
  binary.count += 1;
  binary.bytes += bytes;
  if (binary.count > 1) nameRunSoon();
}

function nameRun() {
  if (!binary || binary.count < 2) return;
  const { row, count, bytes } = binary;
  row.querySelector(".text").textContent =
    `${readable(count)} binary messages, ${readable(bytes)} bytes in all`;
}

const nameRunSoon = oncePerFrame(nameRun);

export function addRow(row) {
  nameRun();
  binary = null;
  waiting.push(row);
  if (waiting.length > 2 * ROWS) waiting = waiting.slice(-ROWS); // no frames for a long time
  unread += 1;
  if (document.hidden) document.title = `(${readable(unread)}) msgproxy`;
  flushSoon();
}

const flushSoon = oncePerFrame(() => {
  const isFollowing = isAtEnd(); // asked first: after a change it would cost another layout
  const rows = byId("rows");
  rows.append(...waiting.slice(-ROWS));
  waiting = [];
  if (rows.childElementCount > ROWS) byId("full").hidden = false;
  while (rows.childElementCount > ROWS) rows.firstElementChild.remove();
  byId("log").tabIndex = 0; // there is something to scroll now
  if (isFollowing) showEnd();
  showUnread();
});

// The log is laid out from its end (column-reverse in log.css): 0 is the end, and the
// browser itself keeps a reader there.
const isAtEnd = () => byId("log").scrollTop > -4;

export function showEnd() {
  byId("log").scrollTop = 0;
}

function showUnread() {
  if (isAtEnd()) unread = 0;
  byId("unread").hidden = unread === 0;
  byId("unread").textContent = `${readable(unread)} new message${unread === 1 ? "" : "s"} ↓`;
  if (!document.hidden) document.title = "msgproxy";
}

byId("log").onscroll = showUnread;

byId("unread").onclick = () => {
  showEnd();
  byId("draft").focus();
};

// ---- The rows of the log: what somebody said, and what the page itself has to note.
// Rule: what others say is only ever text. It enters the page as textContent; innerHTML is absent
// on purpose, and the Content-Security-Policy (require-trusted-types-for) makes the browser
// refuse it, should it ever come back.

const CHARACTERS = 5_000; // shown of one message: ROWS bounds the rows, this bounds each of them

export function rowOf({ kind, name, text }) {
  const row = create("li", `message ${kind}`);
  row.style.setProperty("--hue", hueOf(name));
  row.append(create("bdi", "name", name), saidOf(text), create("time", "", timeNow()));
  return row;
}

export const timeNow = () => new Date().toLocaleTimeString("en-GB");

// It looks sent, and nobody got it.
export function markUndelivered(row) {
  row.classList.add("undelivered");
}

export const noteOf = (text) => create("li", "note", text);

function saidOf(text) {
  const said = create("p", "text", text.slice(0, CHARACTERS));
  said.dir = "auto";
  if (text === "") said.append(create("em", "", "(empty)"));
  if (text.length > CHARACTERS) {
    said.append(create("em", "", ` … cut, of ${readable(text.length)} characters`));
  }
  return said;
}

// In degrees. The factor keeps names that differ in one digit apart.
const hueOf = (name) =>
  [...name].reduce((hue, character) => (hue * 31 + character.codePointAt(0) * 137) % 360, 0);
