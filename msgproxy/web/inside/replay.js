// The replay: the clock by which the tape is played, slower than it happened.
// Rule: it stays fresh. It plays as slowly as was asked for, if that is not too slow to keep up;
// else faster; and if that shows nothing any more, it follows one whole message and counts the
// others. The server knows nothing of it: to pause, to step and to go back cost it nothing.

import { isMessage } from "./moment.js";
import { Tape } from "./trace.js";

export const JOURNEY = 450; // ms of the replay in which a message gets from one place to the next
const FRESH = 2_500; // ms that the replay may be behind, before somebody would call it late
const GAP = 1_500; // ms of the replay: a wait that is longer is cut
const LEAD = 500; // to this
const STEP = 350; // ms in which a single step is made
const HURRY = 8; // so much faster than asked for, one still sees something
const FULL_BEFORE = 4e5; // ns around the moment without room, which is always shown slowly
const FULL_AFTER = 4e5;
const FULL_PACE = 2_000; // times slower
const PLAN_EVERY = 100; // ms

export class Replay {
  slowness = 1; // asked for
  pace = 1; // in force
  now = 0; // ns on the server's clock
  isPaused = false;
  shown = 0; // messages that were followed, of
  seen = 0; // those that came, since the replay was last at rest
  tape = new Tape();

  #played; // is told each hop that is played
  #goal = null; // the entry with which a step ends
  #followed = null; // { item, until, pace }
  #plannedAt = -Infinity;
  #isAtRest = true;

  constructor(played) {
    this.#played = played;
  }

  nsOf(milliseconds) {
    return (milliseconds * 1e6) / this.pace;
  }

  feed(hops, came) {
    const received = hops.filter(({ act }) => act === "received").length;
    if (received > 0 && this.#isAtRest) {
      this.shown = 0;
      this.seen = 0;
      this.#isAtRest = false;
    }
    this.seen += received;
    if (!this.isPaused) this.tape.makeRoom(hops.length, this.#firstFull());
    this.tape.feed(hops, came);
  }

  // Where what is played now has begun, in ns.
  get zero() {
    const { entries, position, next } = this.tape;
    if (next && next.zero <= this.now) return next.zero;
    return entries[position - 1]?.zero ?? next?.zero ?? this.now;
  }

  // How many messages have been passed over: neither shown, nor waiting to be.
  get passedOver() {
    const { entries, position } = this.tape;
    const waiting = entries.filter(({ act }, at) => at >= position && act === "received").length;
    return Math.max(0, this.seen - this.shown - waiting);
  }

  // How old is what comes next, in ms: 0 if nothing does.
  lag(wall) {
    const { entries, position } = this.tape;
    const next = entries.find(({ counts }, at) => at >= position && !counts);
    return next ? wall - next.came : 0;
  }

  advance(milliseconds, wall, isMoving) {
    const isStill = this.isPaused && this.#goal === null;
    if (!isStill || this.tape.position === 0) this.#playCounts(); // the first say who is there
    if (isStill) return;
    const { next } = this.tape;
    if (!next) {
      this.#rest(milliseconds, isMoving);
      return;
    }
    if (this.#goal !== null) return this.#step(milliseconds);
    this.#skipGap(isMoving);
    if (wall - this.#plannedAt > PLAN_EVERY) this.#plan(wall);
    this.#moveOn(milliseconds);
    this.#playDue();
  }

  // On a busy machine frames are far apart: none of them leads past the moment without room.
  #moveOn(milliseconds) {
    const later = this.now + this.nsOf(milliseconds);
    const start = (this.#nextFull()?.time ?? Infinity) - FULL_BEFORE;
    if (this.now > start || later <= start) {
      this.now = later;
      return;
    }
    this.now = start + 1;
    this.pace = Math.min(this.slowness, FULL_PACE);
  }

  #rest(milliseconds, isMoving) {
    this.#goal = null;
    this.#followed = null;
    this.pace = this.slowness;
    if (isMoving) this.now += this.nsOf(milliseconds);
    else this.#isAtRest = true; // the next message is the first of a new sum
  }

  #playCounts() {
    while (this.tape.next?.counts) this.tape.playNext();
  }

  #playDue() {
    while (this.tape.next && (this.tape.next.counts || this.tape.next.time <= this.now)) {
      const entry = this.tape.playNext();
      if (entry === this.#goal) this.#goal = null;
      if (entry.counts) continue;
      if (entry.act === "received") this.shown += 1;
      this.#played(entry);
    }
    if (this.#followed && this.now > this.#followed.until) this.#followed = null;
  }

  #skipGap(isMoving) {
    const { time } = this.tape.next;
    if (isMoving || time - this.now < this.nsOf(GAP)) return;
    this.now = time - this.nsOf(LEAD);
  }

  // ---- The pace.

  #plan(wall) {
    this.#plannedAt = wall;
    const { tape } = this;
    if (this.#nearFull()) {
      this.pace = Math.min(this.slowness, FULL_PACE);
      return;
    }
    if (this.#followed) {
      this.pace = this.#followed.pace;
      return;
    }
    const left = Math.max(FRESH / 5, FRESH - this.lag(wall));
    this.pace = this.#fitting(left);
    if (this.pace === 1 && this.lag(wall) > FRESH) this.#catchUp(wall);
    const messages = tape.entries.slice(tape.position).filter(({ act }) => act === "received");
    if (this.pace * HURRY >= this.slowness || messages.length < 2 || this.#isFilling()) return;
    this.#follow(messages);
  }

  // The slowest pace at which all that is known is played in so many ms.
  #fitting(left) {
    const { entries, position } = this.tape;
    for (let pace = this.slowness; pace > 1; pace /= 1.5) {
      let sum = 0;
      let before = this.now;
      for (let at = position; at < entries.length && sum <= left; at += 1) {
        const wait = ((entries[at].time - before) * pace) / 1e6;
        sum += wait > GAP ? LEAD + JOURNEY : Math.max(0, wait);
        before = Math.max(before, entries[at].time);
      }
      if (sum <= left) return pace;
    }
    return 1;
  }

  // Even as fast as it happened would be too slow: go on with what came lately.
  #catchUp(wall) {
    const { entries, position } = this.tape;
    const recent = entries.findIndex(({ came }) => came > wall - FRESH / 2);
    const place = Math.min(recent < 0 ? entries.length : recent, this.#firstFull());
    if (place <= position) return;
    this.tape.seek(place);
    this.now = Math.max(this.now, this.tape.moment.time);
  }

  // A queue that runs full is seen filling: each message on its own would say less.
  #isFilling() {
    const { limits, queues } = this.tape.moment;
    return [...queues.values()].some(({ size }) => size > limits.outbound / 8);
  }

  #nearFull() {
    return this.tape.entries.some(({ act, time }) =>
      act === "full" && this.now > time - FULL_BEFORE && this.now < time + FULL_AFTER);
  }

  #nextFull() {
    const { entries, position } = this.tape;
    return entries.find(({ act }, at) => act === "full" && at >= position);
  }

  // Before this place nothing is passed over: there a queue had no room, soon after.
  #firstFull() {
    const { entries } = this.tape;
    const full = this.#nextFull();
    if (!full) return entries.length;
    return entries.findIndex(({ time }) => time > full.time - FULL_BEFORE);
  }

  // Go to the newest message that is known to its end.
  #follow(messages) {
    for (const message of messages.slice(-50).reverse()) {
      const span = this.#spanOf(message.items[0], message.time);
      if (span) return this.#goTo(message, span);
    }
  }

  #spanOf(item, start) {
    const { entries } = this.tape;
    const hops = entries.filter(({ items, time }) => time >= start && items?.includes(item));
    const puts = hops.filter(({ act, queue }) => act === "put" && queue !== "inbound").length;
    const sent = hops.filter(({ act }) => act === "sent").length;
    const isWhole = hops.some(({ act }) => act === "handled") && sent > 0 && sent >= puts / 2;
    return isWhole ? { item, until: hops.at(-1).time } : null;
  }

  #goTo(message, { item, until }) {
    const place = this.tape.entries.indexOf(message);
    if (place > this.#firstFull()) return;
    this.tape.seek(place);
    const span = Math.max(1, until - message.time);
    this.pace = Math.min(this.slowness, ((FRESH - LEAD) * 1e6) / span);
    this.#followed = { item, until, pace: this.pace };
    this.now = message.time - this.nsOf(LEAD);
  }

  // ---- What a viewer does.

  pause(isPaused) {
    this.isPaused = isPaused;
    this.#goal = null;
  }

  stepForward() {
    this.isPaused = true;
    const { entries, position } = this.tape;
    this.#goal = entries.find(({ counts }, at) => at >= position && !counts) ?? null;
  }

  #step(milliseconds) {
    const left = this.tape.next.time - this.now;
    this.pace = Math.max(1, this.slowness);
    this.now = left < this.nsOf(milliseconds) || left > this.nsOf(STEP) * 4
      ? this.tape.next.time : this.now + this.nsOf(milliseconds);
    this.#playDue();
  }

  stepBack() {
    this.isPaused = true;
    this.#goal = null;
    const { entries } = this.tape;
    let place = this.tape.position - 1;
    while (place > 0 && entries[place]?.counts) place -= 1;
    if (place < 0) return;
    this.tape.seek(place);
    this.now = this.tape.moment.time || entries[0].time;
  }

  // Play the last message once more, from where it was received to where it was sent.
  again() {
    const { played, entries } = this.tape;
    const last = played.findLast(({ act, items }) => act === "received" && isMessage(items[0]));
    if (!last) return false;
    const until = entries.findLast(({ items }) => items?.includes(last.items[0])).time;
    this.tape.seek(entries.indexOf(last));
    this.pace = this.slowness;
    this.now = last.time - this.nsOf(LEAD);
    this.pause(false);
    this.#followed = { item: last.items[0], until, pace: this.slowness };
    return true;
  }

  toNow() {
    this.pause(false);
    this.#followed = null;
    this.tape.seek(this.tape.entries.length);
    this.now = this.tape.moment.time;
  }
}
