// A client that does not read, to see what becomes of it.
// Rule: it really does not read: nobody takes from its stream, so the browser stops taking from the
// socket, and TCP tells the server. Nothing in the server is told to play along.

import { ADDRESS } from "./connection.js";

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
