// The words of a message: how this page writes one, and what it understands of any.
// Rule: the proxy adds nothing to a message. So the name travels inside it, as "name: text",
// just as one would type it by hand, and nobody can trust that it is true.

import { readable } from "./dom.js";

const NAMED = /^([^:\n]{1,32}): ([^]*)$/;
const PREVIEW = 16; // bytes of a binary message shown in hex
const ECHOES = 20; // own messages to know again if they return

const awaited = []; // what this tab sent last; it comes back only from a server with --echo

export const worded = (name, text) => `${name}: ${text}`;

export function awaitEcho(data) {
  awaited.push(data);
  if (awaited.length > ECHOES) awaited.shift();
}

export function understood(data) {
  if (typeof data !== "string") {
    return { kind: "other binary", name: "someone", text: hexed(new Uint8Array(data)) };
  }
  const [, name, text] = NAMED.exec(data) ?? [data, "someone", data];
  return { kind: isEcho(data) ? "echo" : "other", name, text };
}

function isEcho(data) {
  const place = awaited.indexOf(data);
  awaited.splice(0, place + 1); // order is kept: what was sent before it will not come any more
  return place >= 0;
}

function hexed(bytes) {
  const preview = Array.from(bytes.subarray(0, PREVIEW), hexedByte).join(" ");
  const more = bytes.length > PREVIEW ? " …" : "";
  return `${readable(bytes.length)} bytes of binary\n${preview}${more}`;
}

const hexedByte = (byte) => byte.toString(16).padStart(2, "0");
