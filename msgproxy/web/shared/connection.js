// A connection: one WebSocket at a time, and the patience to make another one when it is lost.
// Rule: the next socket is made only after the last has closed. Nothing in here touches the page:
// whoever starts a connection is told what happens to it.

// Relative to the page: behind a reverse proxy it may be anywhere.
export const ADDRESS = new URL("./", location.href.replace(/^http/, "ws")).href;

// A word by which the view "inside" can tell this page's clients from those of others. The proxy
// makes nothing of it.
export const TAB = Math.random().toString(36).slice(2, 10);

export const addressFor = (suffix) => `${ADDRESS}?tab=${TAB}${suffix}`;

// As one types it after the one line of the README, in the folder of the checkout.
export const chatCommand = (address) => `.venv/bin/msgproxy chat ${address}`;

const SHORTEST = 1_000; // ms before another attempt: it doubles from this one
const LONGEST = 15_000; // to this one, less some jitter, lest all tabs come back at once

export class Connection {
  #address;
  #listener; // has connecting(), opened(), received(data), closed(loss), waiting(milliseconds)
  #socket;
  #openedAt; // null as long as it is not
  #sent = 0; // bytes of messages, on this socket
  #nextTry;
  #ticking;
  #failures = 0;

  constructor(address, listener) {
    this.#address = address;
    this.#listener = listener;
  }

  start() {
    this.#listener.connecting();
    this.#openedAt = null;
    this.#sent = 0;
    const socket = new WebSocket(this.#address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#listener.received(data);
    socket.onclose = (event) => this.#closed(event);
    this.#socket = socket;
  }

  // For good: the listener hears nothing more.
  stop() {
    clearTimeout(this.#ticking);
    Object.assign(this.#socket, { onopen: null, onmessage: null, onclose: null });
    this.#socket.close();
  }

  send(data) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    const before = this.unsent;
    this.#socket.send(data);
    this.#sent += this.unsent - before; // as the browser counts, which takes none of it away yet
    return true;
  }

  // How many bytes were sent on this socket; what waits in the browser is counted too.
  get sent() {
    return this.#sent;
  }

  // Bytes that were sent, and have not left the browser yet.
  get unsent() {
    return this.#socket.bufferedAmount;
  }

  reconnectNow() {
    clearTimeout(this.#ticking);
    if (this.#socket.readyState === WebSocket.CLOSED) this.start();
  }

  #opened() {
    this.#openedAt = Date.now();
    this.#listener.opened();
  }

  #closed({ code, reason }) {
    const wasOpen = this.#openedAt !== null;
    const isNews = wasOpen || this.#failures === 0; // and not one more attempt in vain
    const left = this.#sent - this.unsent; // bytes that left the browser; the last may be too big
    this.#listener.closed({ code, reason, wasOpen, isNews, left, sent: this.#sent });
    // Only a connection that lasted earns a new start.
    if (wasOpen && Date.now() - this.#openedAt > LONGEST) this.#failures = 0;
    this.#nextTry = Date.now() + pauseAfter(this.#failures);
    this.#failures += 1;
    this.#countDown();
  }

  #countDown() {
    const left = this.#nextTry - Date.now();
    if (left <= 0) {
      this.start(); // even when offline: a server on this very machine needs no network
      return;
    }
    this.#listener.waiting(left);
    this.#ticking = setTimeout(() => this.#countDown(), Math.min(left, 250));
  }
}

const pauseAfter = (failures) =>
  Math.min(LONGEST, SHORTEST * 2 ** failures) * (1 - Math.random() / 2);
