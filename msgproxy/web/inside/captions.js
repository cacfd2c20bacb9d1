// The captions: each hop in words, the last few of them under the picture.
// Rule: one line per hop, a few lines per frame. A screen reader gets one of them now and then:
// all of them, read aloud, would never end.

import { laneOf } from "./flights.js";
import { byId, create, oncePerFrame, readable } from "../shared/dom.js";

const LINES = 5;
const NAMED_ITEMS = 3;
const TEXTS = 200; // first words to know again
const ALOUD_EVERY = 4_000; // ms

const firstWords = new Map(); // by the name of the message
let steps = []; // the last: when, and what
let aloudAt = -Infinity;

export function caption(hop, zero) {
  if (hop.act === "received") remember(hop.items[0], hop.text);
  steps.push({ after: hop.time - zero, thread: hop.thread, words: wordsOf(hop) });
  steps = steps.slice(-LINES);
  showSteps();
}

function remember(item, text) {
  firstWords.set(item, text);
  if (firstWords.size > TEXTS) firstWords.delete(firstWords.keys().next().value);
}

export function wordsOf({ act, queue, items }) {
  const what = listed(items);
  const client = `client ${laneOf(queue)}`;
  return {
    received: `has received ${what}`,
    put: `puts ${what} on ${queue}`,
    full: `finds no room for ${what} on ${queue}: ${client} is cut off`,
    lost: `finds that ${queue} has thrown away ${what}`,
    got: `takes ${what} from ${queue}`,
    handled: `is done with ${what}`,
    sent: `has sent ${what} to ${client}`,
  }[act];
}

function listed(items) {
  const named = items.slice(0, NAMED_ITEMS).map((item, _, { length }) => {
    const words = length === 1 && firstWords.get(item);
    return words ? `${item} “${words}”` : item;
  });
  const more = items.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${readable(more)} more` : "");
}

export const microseconds = (ns) => `${readable(Math.round(ns / 1e3))} µs`;

const showSteps = oncePerFrame(() => {
  byId("steps").replaceChildren(...steps.map(({ after, thread, words }) => {
    const step = create("li", thread.split("-")[0], "");
    const time = create("time", "", `+${microseconds(Math.max(0, after))}`);
    step.append(time, " ", create("b", "", thread), ` ${words}`);
    return step;
  }));
  const { thread, words } = steps.at(-1);
  if (performance.now() - aloudAt < ALOUD_EVERY) return;
  aloudAt = performance.now();
  byId("aloud").textContent = `${thread} ${words}`;
});

// The notes: what should be seen for longer than the moment in which it happens.
// Rule: whatever is left out of the picture is said here, as a number.


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
