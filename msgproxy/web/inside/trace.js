// The trace: what the server shows of its inside as long as somebody looks, and the tape on which
// it waits to be played.
// Rule: it is watched only while it can be seen. Without viewers the server notes nothing, so
// whoever looks away, to another view or to another tab, ends it. The tape is bounded at both ends:
// what has been played lately is kept, so that one can step back; of what has not, no more is kept
// than anybody would wait for.

import { ADDRESS, Connection } from "../shared/connection.js";
import { Moment } from "./moment.js";

const FIELDS = ["number", "time", "thread", "act", "queue", "items", "depth", "size", "text"];
const MOST_HOPS = 20_000; // hops: what a busy server tells in two seconds
const BACK = 2_000; // of those that have been played, for stepping back
const STORY = 5e6; // ns: after that much silence something new begins, at +0

let viewing = null;

// The listener has watching(), hops(list, lost), counts(message), lost(milliseconds), and off().
export function watch(listener) {
  viewing ??= connected(listener);
}

export function watchNoMore() {
  viewing?.stop();
  viewing = null;
}

function connected(listener) {
  const made = new Connection(`${ADDRESS}trace`, {
    connecting: () => {},
    opened: () => listener.watching(),
    received: (data) => understand(JSON.parse(data), listener),
    closed: ({ wasOpen }) => wasOpen || askWhy(made, listener),
    waiting: (milliseconds) => listener.lost(milliseconds),
  });
  made.start();
  return made;
}

function understand(message, listener) {
  if (message.hops) listener.hops(message.hops.map(hopOf), message.lost);
  else listener.counts({ counts: message, time: message.time, nextHop: message.next_hop });
}

// In ns; after 104 days without a restart a few of them are rounded.
const hopOf = (values) =>
  Object.fromEntries(FIELDS.map((field, place) => [field, values[place]]));

// A WebSocket is not told why it did not open. A plain request is: 404 says that there is no trace.
async function askWhy(asking, listener) {
  const { status } = await fetch("./trace", { cache: "no-store" }).catch(() => ({}));
  if (status !== 404 || viewing !== asking) return;
  asking.stop();
  listener.off();
}

// ---- The tape: the last hops, and the moment at any place among them.

export class Tape {
  entries = []; // hops, and what the server counts, in the order in which they happened
  position = 0; // how many of them have been played
  moment = new Moment(); // after those
  #base = new Moment(); // before the first that is kept
  #last = 0; // the time of the last that came
  #zero = 0;

  // What finds no room is left out: the next that does has a number that says so.
  feed(hops, came) {
    this.makeRoom(hops.length, this.position);
    for (const hop of hops) if (this.entries.length < MOST_HOPS) this.#add(hop, came);
  }

  // Drop what has been played, and if that is not enough, what has not, up to a place.
  makeRoom(more, place) {
    const surplus = this.entries.length + more - MOST_HOPS;
    if (surplus <= 0) return;
    const wanted = surplus + BACK;
    if (wanted > this.position) this.seek(Math.min(wanted, Math.max(place, this.position)));
    this.#dropPlayed(Math.min(Math.max(0, this.position - BACK), surplus));
  }

  #dropPlayed(count) {
    for (const entry of this.entries.splice(0, count)) this.#base.apply(entry);
    this.position -= count;
  }

  #add(hop, came) {
    // Threads note hops at the same time: now and then one is noted behind a later one.
    const time = Math.max(this.#last, hop.time);
    const isNew = hop.act === "received" || hop.act === "put"; // and not what somebody waited for
    if (isNew && time - this.#last > STORY) this.#zero = time;
    if (!hop.counts) this.#last = time;
    this.entries.push({ ...hop, time, came, zero: this.#zero });
    if (this.entries.length === 1) this.moment = this.#base.copy();
  }

  get next() {
    return this.entries[this.position];
  }

  get upcoming() {
    return this.entries.slice(this.position, this.position + 500);
  }

  get played() {
    return this.entries.slice(0, this.position);
  }

  // The last few hops that have been played.
  last(count) {
    return this.entries.slice(Math.max(0, this.position - 4 * count), this.position)
      .filter(({ counts }) => !counts).slice(-count);
  }

  // Play one more, and return it.
  playNext() {
    const entry = this.entries[this.position];
    this.moment.apply(entry);
    this.position += 1;
    if (this.position > 2 * BACK) this.#dropPlayed(BACK);
    return entry;
  }

  // Go to a place, forwards or backwards. Going back begins at what came before all that is kept.
  seek(position) {
    if (position < this.position) {
      this.moment = this.#base.copy();
      this.position = 0;
    }
    for (; this.position < position; this.position += 1) {
      this.moment.apply(this.entries[this.position]);
    }
  }
}
