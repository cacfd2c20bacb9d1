// Save what was just seen: the hops of the last message, or of the last seconds, as one SVG.
// Rule: the picture stands on its own. It has its colours and its words in it, it runs no script,
// and what others said is text. Threads are lines, time goes to the right, one hop a column.

import { duration, itemName, sayAloud, wordsOf } from "./captions.js";
import { isMessage, laneOf, senderOf } from "./moment.js";
import { counted, drawn, hueOfClient, retext } from "./shapes.js";

const RECENT = 10_000; // ms
const NOT_IN_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const MOST_SAVED = 300; // hops: more make a picture that nobody can look at
const LEFT = 150; // px
const COLUMN = 46;
const ROW = 40;
const HEAD = 64;
const RANKS = ["accept", "reader", "broker", "writer"];
const colourOf = (item) =>
  (senderOf(item) ? `hsl(${hueOfClient(senderOf(item))} 65% 38%)` : "#667");

export function lastMessage(tape) {
  const hops = tape.last(MOST_SAVED);
  const last = hops.findLast(({ act, items }) => act === "received" && isMessage(items[0]));
  return last ? hops.filter(({ items }) => items.includes(last.items[0])) : [];
}

// Before the step that is seen now, however long one has looked at it.
export function lastSeconds(tape) {
  const hops = tape.last(MOST_SAVED);
  return hops.filter(({ came }) => hops.at(-1).came - came < RECENT);
}

export function diagramOf(hops, moment, actors) {
  const lanes = [...new Set(hops.map(({ thread }) => thread))].toSorted(byRank);
  const yOf = (thread) => HEAD + lanes.indexOf(thread) * ROW;
  const width = LEFT + hops.length * COLUMN + 40;
  const height = HEAD + lanes.length * ROW + 10;
  const picture = drawn("svg", { xmlns: "http://www.w3.org/2000/svg", width, height,
    viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 12 },
  drawn("rect", { width, height, fill: "#fffefb" }));
  const first = hops[0];
  picture.append(lettered({ x: 12, y: 24, "font-size": 15, "font-weight": 650 },
    titleOf(hops, moment, actors)));
  for (const lane of lanes) picture.append(...laneLine(lane, yOf(lane), width, actors));
  hops.forEach((hop, at) => {
    const x = LEFT + (at + 0.5) * COLUMN;
    picture.append(...ways(hops, at, x, yOf), dotOf(hop, x, yOf(hop.thread), moment, actors),
      lettered({ x, y: HEAD - 22, "text-anchor": "middle", "font-size": 9, fill: "#445" },
        `+${duration(hop.time - first.time)}`));
  });
  return picture;
}

const rankOf = (thread) => RANKS.indexOf(thread.split("-")[0]);
const byRank = (one, other) => rankOf(one) - rankOf(other) || laneOf(one) - laneOf(other);

function titleOf(hops, moment, actors) {
  const messages = new Set(hops.flatMap(({ items }) => items).filter(isMessage));
  const [first] = messages;
  const isAlone = hops.every(({ items }) => items.includes(first));
  return isAlone ? `${itemName(first, moment, actors)}, as it crossed the server`
    : `Inside the server: ${counted(messages.size, "message")} in ${counted(hops.length, "step")}`;
}

function laneLine(thread, y, width, actors) {
  const line = { d: `M${LEFT} ${y}H${width - 20}`, stroke: "#8a8a84", "stroke-width": 1.5 };
  const words = { x: LEFT - 12, y: y + 4, "text-anchor": "end", fill: "#222" };
  return [drawn("path", line), lettered(words, actors.nameIn(thread))];
}

// From where it was put to where it is taken now: what is between was spent on the queue.
function ways(hops, at, x, yOf) {
  const { act, queue, thread, items } = hops[at];
  if (act !== "got") return [];
  const from = hops.slice(0, at).findLast((hop) =>
    hop.act === "put" && hop.queue === queue && hop.items.some((item) => items.includes(item)));
  if (!from) return [];
  const start = LEFT + (hops.indexOf(from) + 0.5) * COLUMN;
  return [drawn("path", { d: `M${start} ${yOf(from.thread)}L${x} ${yOf(thread)}`, fill: "none",
    stroke: colourOf(items[0]), "stroke-width": 2.5 })];
}

function dotOf(hop, x, y, moment, actors) {
  const title = drawn("title");
  retext(title, `${actors.nameIn(hop.thread)} ${wordsOf(hop, moment, actors)}`);
  const isEnd = hop.act === "received" || hop.act === "sent";
  const words = { x: 0, y: -11, "text-anchor": "middle", "font-size": 10, fill: "#222" };
  const fill = hop.act === "full" ? "#b3261e" : colourOf(hop.items[0]);
  return drawn("g", { transform: `translate(${x} ${y})` }, title, lettered(words, hop.act),
    drawn("circle", { r: isEnd ? 7 : 5, fill }));
}

function lettered(attributes, text) {
  const element = drawn("text", attributes);
  retext(element, text);
  return element;
}

export function offer(picture, name) {
  const text = new XMLSerializer().serializeToString(picture).replace(NOT_IN_XML, "\uFFFD");
  const blob = new Blob([text], { type: "image/svg+xml" });
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob) });
  link.download = `${name}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  sayAloud(`Saved as ${name}.svg`);
}
