// The notes: what should be seen for longer than the moment in which it happens.
// Rule: whatever is left out of the picture is said here, as a number.

import { byId, create, readable } from "./basics.js";

const NOTES = 3;
const STAYS = 12_000; // ms

let passedOver = 0;
let missed = 0;

export function addNote(text) {
  const note = create("li", "news", text);
  byId("notes").append(note);
  if (byId("notes").querySelectorAll(".news").length > NOTES) {
    byId("notes").querySelector(".news").remove();
  }
  setTimeout(() => note.remove(), STAYS);
}

// Messages that came faster than the replay plays them.
export function addPassedOver(messages) {
  if (messages === 0) return;
  passedOver += messages;
  tally("passed-over", `${readable(passedOver)} message${passedOver === 1 ? "" : "s"} not shown: ` +
    "they came faster than this slow motion plays.");
}

// Hops that were faster than the way from the server to here.
export function addMissed(hops) {
  if (hops === 0) return;
  missed += hops;
  tally("missed", `${readable(missed)} steps missed: the server took more than it tells.`);
}

export function forgetTallies() {
  passedOver = 0;
  missed = 0;
  for (const note of byId("notes").querySelectorAll(".tally")) note.remove();
}

function tally(name, text) {
  const known = byId("notes").querySelector(`.${name}`);
  const note = known ?? create("li", `tally ${name}`, "");
  note.textContent = text;
  if (!known) byId("notes").prepend(note);
}
