// Your side of the talk: what you write, your name, how much you have sent and received, and how to
// bring in a second client.
// Rule: what is typed leaves the box only when it has been sent. Until then it survives a lost
// connection, and a reload too.

import { ADDRESS, chatCommand } from "../shared/connection.js";
import { byId, ofThisTab, offerCommand, oncePerFrame, readable } from "../shared/dom.js";

let deliver; // takes a text, and returns whether it was sent

export function startComposer(itsDeliver) {
  deliver = itsDeliver;
  write(ofThisTab.get("draft") ?? "");
  byId("draft").focus();
}

// For what was sent, but did not arrive.
export function takeBack(text) {
  write(`${text}\n${byId("draft").value}`.trimEnd());
}

function say() {
  const text = byId("draft").value;
  if (text && deliver(text)) write("");
}

function write(text) {
  byId("draft").value = text;
  ofThisTab.set("draft", text);
}

byId("draft").oninput = () => ofThisTab.set("draft", byId("draft").value);

const COMPOSED = 229; // keyCode: all that Safari says of the Enter that ends a composition

byId("draft").onkeydown = (event) => {
  const isForText = event.isComposing || event.keyCode === COMPOSED;
  if (event.key !== "Enter" || event.shiftKey || isForText) return;
  event.preventDefault();
  say();
};

byId("send").onclick = say;

// ---- Your name: a friendly one to start with, and then the one that you type.
// Rule: a name is never empty and has no colon, since the first colon of a message ends the name.

const ADJECTIVES = [
  "amber", "brisk", "calm", "early", "gentle", "lucid",
  "merry", "nimble", "quiet", "swift", "tidy",
];
const ANIMALS = [
  "badger", "curlew", "finch", "gecko", "heron", "lynx",
  "marten", "otter", "plover", "robin", "stoat",
];

export const yourName = () => byId("name").value;

function rename(wanted) {
  byId("name").value = wanted.replaceAll(":", "").trim() || friendlyName();
  ofThisTab.set("name", yourName());
}

function friendlyName() {
  const number = Math.floor(10 + Math.random() * 90);
  return `${anyOf(ADJECTIVES)}-${anyOf(ANIMALS)}-${number}`;
}

const anyOf = (list) => list[Math.floor(Math.random() * list.length)];

byId("name").onchange = () => rename(yourName());

rename(ofThisTab.get("name") ?? "");

// ---- The counters: how many messages and bytes this tab has sent and received. Bytes are those of
// the content, as UTF-8; what the protocol adds to it does not count.

const counters = {
  sent: { messages: 0, bytes: 0 },
  received: { messages: 0, bytes: 0 },
};

const size = new Intl.NumberFormat("en", {
  style: "unit",
  unit: "byte",
  unitDisplay: "narrow",
  notation: "compact",
});

export function countMessage(direction, data) {
  counters[direction].messages += 1;
  counters[direction].bytes += lengthOf(data);
  showSoon();
}

const lengthOf = (data) =>
  typeof data === "string" ? new TextEncoder().encode(data).length : data.byteLength;

const showSoon = oncePerFrame(() => {
  for (const [direction, { messages, bytes }] of Object.entries(counters)) {
    if (byId(direction).textContent !== readable(messages)) light(direction);
    byId(direction).textContent = readable(messages);
    byId(`${direction}-bytes`).textContent = size.format(bytes);
  }
});

// ---- The map: a light runs along the lines that a message takes.
// Rule: no more than one light per line. Under load it stands for many messages.

const LIGHT = { strokeDashoffset: [14, -100] }; // from before the start of a line to past its end

export function light(direction) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const route of document.querySelectorAll(`.route.${direction} path`)) {
    const isDark = route.getAnimations().length === 0;
    if (isDark) route.animate(LIGHT, { duration: 1_100, easing: "ease-in-out" });
  }
}

// ---- The invitation: the command that brings in a second client.

offerCommand("command", "copy", chatCommand(ADDRESS));
