// The rows of the log: what somebody said, and what the page itself has to note.
// Rule: what others say is only ever text. It enters the page as textContent; innerHTML is absent
// on purpose, and the Content-Security-Policy (require-trusted-types-for) makes the browser
// refuse it, should it ever come back.

import { create, readable } from "./basics.js";

const CHARACTERS = 5_000; // shown of one message: log.js bounds the rows, this bounds each of them

export function rowOf({ kind, name, text }) {
  const row = create("li", `message ${kind}`);
  const time = new Date().toLocaleTimeString("en-GB");
  row.style.setProperty("--hue", hueOf(name));
  row.append(create("bdi", "name", name), saidOf(text), create("time", "", time));
  return row;
}

export const noteOf = (text) => create("li", "note", text);

function saidOf(text) {
  const said = create("p", "text", text.slice(0, CHARACTERS));
  said.dir = "auto";
  if (text.length > CHARACTERS) {
    said.append(create("em", "", ` … cut, of ${readable(text.length)} characters`));
  }
  return said;
}

// In degrees. The factor keeps names that differ in one digit apart.
const hueOf = (name) =>
  [...name].reduce((hue, character) => (hue * 31 + character.codePointAt(0) * 137) % 360, 0);
