// The words of a message: how this page writes one, and what it understands of any.
// Rule: the proxy adds nothing to a message. So the name travels inside it, as "name: text",
// just as one would type it by hand, and nobody can trust that it is true.

import { readable } from "./dom.js";

const NAMED = /^([^:\n]{1,32}): ([^]*)$/;
const PREVIEW = 16; // bytes of a binary message shown in hex

// What this tab sent. From a server with --echo it comes back, in this order.
const isEchoing = "echo" in document.body.dataset;
let awaited = [];

export const worded = (name, text) => `${name}: ${text}`;

export function awaitEcho(data) {
  if (isEchoing) awaited.push(data);
}

// On a new connection nothing of the last one comes back.
export function forgetEchoes() {
  awaited = [];
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
  if (awaited[0] !== data) return false;
  awaited.shift();
  return true;
}

function hexed(bytes) {
  const preview = Array.from(bytes.subarray(0, PREVIEW), hexedByte).join(" ");
  const more = bytes.length > PREVIEW ? " …" : "";
  return `${readable(bytes.length)} bytes of binary\n${preview}${more}`;
}

const hexedByte = (byte) => byte.toString(16).padStart(2, "0");
