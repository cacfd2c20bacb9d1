// The speed: a slider, from real time to ten thousand times slower.
// Rule: it is logarithmic, as is what can be seen: a message crosses the proxy in some 400 µs, and
// a client that is behind takes a thousand times as long until it is cut off.

import { ADDRESS } from "../shared/connection.js";
import { byId, readable } from "../shared/dom.js";

export const ONE_MESSAGE = 5_000; // times slower: a message takes 2 or 3 seconds
export const MANY_MESSAGES = 10;

export const slowness = () => rounded(10 ** Number(byId("speed").value));

export function setSlowness(value) {
  byId("speed").value = Math.log10(value);
  showSlowness();
}

const rounded = (value) => Number(value.toPrecision(value < 10 ? 2 : 1));

function showSlowness() {
  const words = slowness() === 1 ? "real time" : `${readable(slowness())} × slower`;
  byId("slowness").textContent = words;
  byId("speed").setAttribute("aria-valuetext", words);
}

byId("speed").oninput = showSlowness;

setSlowness(ONE_MESSAGE);

// A burst: many messages at once, so that a queue fills before one's eyes.
// Rule: it is bounded, and it never piles up in the browser: what waits there is looked at first.

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

// A client that does not read, to see what becomes of it.
// Rule: it really does not read: nobody takes from its stream, so the browser stops taking from the
// socket, and TCP tells the server. Nothing in the server is told to play along.


// A page cannot make its WebSocket stop reading: messages come as events, whether it wants or not.
// Keeping the page busy would do (measured in Chromium: after some 4 MiB the server's queue
// fills), but then nothing on it moves, this picture neither. A WebSocketStream is pulled from, and
// who does not pull is behind. Where there is none, a suspended `msgproxy chat` does the same.
export const canBeSlow = "WebSocketStream" in globalThis;

let stream; // kept, or else the browser would close it as one that nobody needs

export async function joinAndReadNothing() {
  stream?.close();
  stream = new WebSocketStream(ADDRESS);
  stream.closed.catch(() => {}); // being cut off is what it is for
  await stream.opened.catch(() => {}); // no server: the state of the page's own connection says so
}
