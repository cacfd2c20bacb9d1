// The words of a message: how this page writes one, and what it understands of any.
// Rule: the proxy adds nothing to a message. So the name travels inside it, as "name: text",
// just as one would type it by hand, and nobody can trust that it is true.

import { readable } from "./dom.js";

const NAMED = /^([^:\n]{1,32}): ([^]*)$/;
const PREVIEW = 16; // bytes of a binary message shown in hex
const ECHO_WITHIN = 5_000; // ms

// What this tab sent, and when. It comes back only from a server with --echo, and in this order;
// from one that has not sent the first for so long, none will.
let awaited = [];
let canEcho = true;

export const worded = (name, text) => `${name}: ${text}`;

export function awaitEcho(data) {
  if (canEcho) awaited.push({ data, sentAt: Date.now() });
}

// Another connection may lead to a server that has other options.
export function forgetEchoes() {
  awaited = [];
  canEcho = true;
}

export function understood(data) {
  if (typeof data !== "string") {
    return { kind: "other binary", name: "someone", text: hexed(new Uint8Array(data)) };
  }
  return { kind: isEcho(data) ? "echo" : "other", ...named(data) };
}

export function named(data) {
  const [, name, text] = NAMED.exec(data) ?? [data, "someone", data];
  return { name, text };
}

function isEcho(data) {
  const [first] = awaited;
  if (first && Date.now() - first.sentAt > ECHO_WITHIN) {
    canEcho = false;
    awaited = [];
  }
  if (!canEcho || first?.data !== data) return false; // others may say the same words
  awaited.shift();
  return true;
}

function hexed(bytes) {
  const preview = Array.from(bytes.subarray(0, PREVIEW), hexedByte).join(" ");
  const more = bytes.length > PREVIEW ? " …" : "";
  return `${readable(bytes.length)} bytes of binary\n${preview}${more}`;
}

const hexedByte = (byte) => byte.toString(16).padStart(2, "0");
