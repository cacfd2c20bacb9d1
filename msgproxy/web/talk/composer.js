// The composer: the box where one writes, with its keys.
// Rule: what is typed leaves the box only when it has been sent. Until then it survives a lost
// connection, and a reload too.

import { ADDRESS, chatCommand } from "../shared/connection.js";
import { byId, kept, offerCommand } from "../shared/dom.js";

let deliver; // takes a text, and returns whether it was sent
let lastSent = "";

export function startComposer(itsDeliver) {
  deliver = itsDeliver;
  write(kept.draft ?? "");
  byId("draft").focus();
}

// For a message that was sent, but did not arrive.
export function takeBack() {
  write(`${lastSent}\n${byId("draft").value}`.trimEnd());
}

function say() {
  const text = byId("draft").value;
  if (!text || !deliver(text)) return;
  lastSent = text;
  write("");
}

function write(text) {
  byId("draft").value = text;
  kept.draft = text;
}

byId("draft").oninput = () => {
  kept.draft = byId("draft").value;
};

byId("draft").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
};

byId("send").onclick = say;

// Your name: a friendly one to start with, and then the one that you type.
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
  kept.name = wanted.replaceAll(":", "").trim() || friendlyName();
  byId("name").value = kept.name;
}

function friendlyName() {
  const number = Math.floor(10 + Math.random() * 90);
  return `${anyOf(ADJECTIVES)}-${anyOf(ANIMALS)}-${number}`;
}

const anyOf = (list) => list[Math.floor(Math.random() * list.length)];

byId("name").onchange = () => rename(yourName());

rename(kept.name ?? "");

// The invitation: the command that brings in a second client.

offerCommand("command", "copy", chatCommand(ADDRESS));
