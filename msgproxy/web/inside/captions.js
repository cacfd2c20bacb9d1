// The captions: the last hops in words, and what should be seen for longer than its moment.
// Rule: one line per hop, and the words of a message before the name of who said it: they are what
// one knows it by. A screen reader gets a line now and then, and each note: all lines would never
// end.

import { byId, create, readable } from "../shared/dom.js";
import { named } from "../shared/message_text.js";
import { isMessage, laneOf, senderOf } from "./moment.js";
import { amount, counted } from "./shapes.js";

export const LINES = 5;
const NAMED_ITEMS = 2;
const ALOUD_EVERY = 4_000; // ms
const NOTES = 3;
const STAYS = 15_000; // ms

let shownHop = null;
let aloudAt = -Infinity;

// The last hops that have been played, as they are to be read at this moment.
export function showCaptions(hops, moment, actors, isStepping) {
  const last = hops.at(-1) ?? null;
  if (last === shownHop) return;
  shownHop = last;
  byId("steps").replaceChildren(...hops.map((hop) => lineOf(hop, moment, actors)));
  if (!last || (!isStepping && performance.now() - aloudAt < ALOUD_EVERY)) return;
  aloudAt = performance.now();
  sayAloud(`${actors.nameIn(last.thread)} ${wordsOf(last, moment, actors)}`);
}

export function sayAloud(words) {
  byId("aloud").textContent = words;
}

function lineOf(hop, moment, actors) {
  const line = create("li", hop.thread.split("-")[0], "");
  const after = Math.max(0, hop.time - hop.zero);
  const thread = create("b", "", actors.nameIn(hop.thread));
  thread.title = `${hop.thread} in the server's log`;
  line.append(create("time", "", `+${duration(after)}`), " ", thread,
    ` ${wordsOf(hop, moment, actors)}`);
  return line;
}

export function wordsOf({ act, queue, items }, moment, actors) {
  const what = listed(items, moment, actors);
  const place = actors.nameIn(queue);
  const client = actors.titleOf(laneOf(queue));
  return {
    received: `has received ${what}`,
    put: `puts ${what} on ${place}`,
    full: `finds no room for ${what} on ${place}, and cuts off ${client}`,
    lost: `drops what was on ${place}: ${what}`,
    got: `takes ${what} from ${place}`,
    handled: `is done with ${what}`,
    sent: `has sent ${what} to ${client}`,
  }[act];
}

function listed(items, moment, actors) {
  const names = items.slice(0, NAMED_ITEMS).map((item) => itemName(item, moment, actors));
  const more = items.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${readable(more)} more` : "");
}

export function itemName(item, moment, actors) {
  if (!isMessage(item)) return item.replace(/\d+$/, (number) => actors.nameOf(Number(number)));
  const text = moment.texts.get(item);
  const words = text ? named(text).text.split("\n")[0] : "";
  const whose = senderOf(item) === actors.own ? "your" : `${actors.titleOf(senderOf(item))}'s`;
  const which = `${whose} ${ordinal(Number(item.split(".")[1]))}`;
  const [, bytes] = /^(\d+) bytes$/.exec(words) ?? [];
  if (bytes) return `${amount(Number(bytes))} (${which})`;
  return words ? `“${words}” (${which})` : which;
}

const ORDINALS = { one: "st", two: "nd", few: "rd", other: "th" };
const rules = new Intl.PluralRules("en", { type: "ordinal" });
const ordinal = (number) => `${readable(number)}${ORDINALS[rules.select(number)]}`;

// In the unit in which one reads it: 320 µs, 12.5 ms, 1.59 s.
export function duration(ns) {
  if (ns < 1e6) return `${Math.round(ns / 1e3)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toPrecision(3)} ms`;
  return `${readable(Number((ns / 1e9).toPrecision(3)))} s`;
}

export function addNote(text) {
  aloudAt = performance.now();
  sayAloud(text);
  const note = create("li", "news", text);
  const notes = byId("notes");
  notes.append(note);
  if (notes.querySelectorAll(".news").length > NOTES) notes.querySelector(".news").remove();
  setTimeout(() => note.remove(), STAYS);
}

// Hops that were faster than the way from the server to here; and messages that were passed over.
export function showMissed(missed, { shown, seen, passedOver }) {
  setTally("missed",
    missed && `${counted(missed, "step")} missed: more happened at once than the server tells.`);
  setTally("shown", passedOver && `${readable(Math.max(1, shown))} of ${counted(seen, "message")}
    shown: the others came faster than can be seen.`);
}

function setTally(name, text) {
  const known = byId("notes").querySelector(`.${name}`);
  if (!text) return known?.remove();
  const note = known ?? create("li", `tally ${name}`, "");
  if (note.textContent !== text) note.textContent = text;
  if (!known) byId("notes").prepend(note);
}
