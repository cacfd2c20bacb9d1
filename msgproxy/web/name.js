// Your name: a friendly one to start with, and then the one that you type.
// Rule: a name is never empty and has no colon, since the first colon of a message ends the name.

import { byId, kept } from "./basics.js";

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
