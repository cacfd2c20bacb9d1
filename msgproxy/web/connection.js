// The connection: one WebSocket at a time, and the patience to make another one when it is lost.
// Rule: the next socket is made only after the last has closed. Nothing in here touches the page:
// whoever starts the connection is told what happens to it.

export const ADDRESS = `${location.origin.replace(/^http/, "ws")}/`;

const SHORTEST = 1_000; // ms before another attempt: it doubles from this one
const LONGEST = 15_000; // to this one, less some jitter, lest all tabs come back at once

let listener; // has connecting(), opened(), received(data), closed(loss) and waiting(milliseconds)
let socket;
let openedAt; // null as long as it is not
let nextTry;
let ticking;
let failures = 0;

export function startConnection(itsListener) {
  listener = itsListener;
  connect();
}

export function send(data) {
  const isOpen = socket.readyState === WebSocket.OPEN;
  if (isOpen) socket.send(data);
  return isOpen;
}

export function reconnectNow() {
  clearTimeout(ticking);
  if (socket.readyState === WebSocket.CLOSED) connect();
}

function connect() {
  listener.connecting();
  openedAt = null;
  socket = new WebSocket(ADDRESS);
  socket.binaryType = "arraybuffer";
  socket.onopen = opened;
  socket.onmessage = ({ data }) => listener.received(data);
  socket.onclose = closed;
}

function opened() {
  openedAt = Date.now();
  listener.opened();
}

function closed({ code, reason }) {
  const wasOpen = openedAt !== null;
  const isNews = wasOpen || failures === 0; // and not one more attempt in vain
  const isUnsent = code === 1009 || socket.bufferedAmount > 0; // the last message, or a part of it
  listener.closed({ code, reason, wasOpen, isNews, isUnsent });
  // Only a connection that lasted earns a new start.
  if (wasOpen && Date.now() - openedAt > LONGEST) failures = 0;
  nextTry = Date.now() + pause();
  failures += 1;
  countDown();
}

const pause = () => Math.min(LONGEST, SHORTEST * 2 ** failures) * (1 - Math.random() / 2);

function countDown() {
  const left = nextTry - Date.now();
  if (left <= 0) {
    connect(); // even when offline: a server on this very machine needs no network
    return;
  }
  listener.waiting(left);
  ticking = setTimeout(countDown, Math.min(left, 250));
}
