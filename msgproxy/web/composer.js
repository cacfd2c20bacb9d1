// The composer: the box where one writes, with its keys.
// Rule: what is typed leaves the box only when it has been sent. Until then it survives a lost
// connection, and a reload too.

import { byId, kept } from "./basics.js";

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
