// The controls: how slowly it is replayed, and what one can do to have something to see.
// Rule: whatever a button does is bounded, and real. The slow client really does not read; nothing
// in the server is told to play along.

import { addressFor, chatCommand } from "../shared/connection.js";
import { byId, offerCommand, readable } from "../shared/dom.js";

const ONE_MESSAGE = 5_000; // times slower: a message takes 2 or 3 seconds

// ---- The speed: logarithmic, as is what can be seen. A message crosses the proxy in some 400 µs,
// a client that lags takes a thousand times as long until it is cut off.

export const slowness = () => rounded(10 ** Number(byId("speed").value));

export const rounded = (value) => Number(value.toPrecision(value < 10 ? 2 : 1));

export const paceWords = (pace) => (pace === 1 ? "real time" : `${readable(pace)} × slower`);

function nameSpeed() {
  byId("speed").setAttribute("aria-valuetext", paceWords(slowness()));
}

byId("speed").oninput = nameSpeed;
byId("speed").value = Math.log10(ONE_MESSAGE);
nameSpeed();

// ---- Many messages, so that a queue fills before one's eyes. They never pile up in the browser:
// what waits there is looked at first.

const MESSAGES = 1_000;
const SIZE = 32 * 1024; // bytes: all of them are twice what an outbound queue takes by default
const UNSENT = 4 * SIZE; // bytes that may wait in the browser
const PAUSE = 5; // ms

// Give up when `send` says so: it takes a message, and returns whether it was sent.
export async function sayMany({ send, unsent }) {
  const content = new Uint8Array(SIZE);
  for (let said = 0; said < MESSAGES; said += 1) {
    if (!send(content.buffer)) return;
    while (unsent() > UNSENT) await new Promise((done) => setTimeout(done, PAUSE));
  }
}

// ---- A client that does not read. A page cannot make its WebSocket stop reading: messages come as
// events, whether it wants or not. A WebSocketStream is pulled from: nobody pulls, so the browser
// stops taking from the socket, and TCP tells the server. Firefox has none, and nothing else stops
// it: it reads for a worker that waits, and for a page that hangs. A program can be stopped.

const SLOW = addressFor("-slow");

let stream; // kept, or else the browser would close it as one that nobody needs

export function addOneThatNeverReads() {
  if ("WebSocketStream" in globalThis) return joinAndReadNothing();
  byId("no-slow").hidden = false;
}

// In quotes, since a shell has its own idea of a question mark.
offerCommand("slow-command", "copy-slow", chatCommand(`"${SLOW}"`));

async function joinAndReadNothing() {
  stream?.close();
  stream = new WebSocketStream(SLOW);
  stream.closed.catch(() => {}); // being cut off is what it is for
  await stream.opened.catch(() => {}); // no server: the state of the page's own connection says so
}
