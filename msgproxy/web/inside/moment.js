// A moment: what is where in the server once some hops have happened, and nothing else.
// Rule: it knows no clock, no speed and no page. Every dot, count, caption and colour is read from
// one moment, so no two of them can disagree. Its parts are replaced, never changed: a copy is
// cheap.

const MESSAGE = /^(\d+)\.(\d+)$/;
const ENDED = 64; // copies whose way has ended are kept, to be seen arriving
const GONE = 32; // clients that have left are kept, to be seen leaving
const TEXTS = 2_000; // first words are kept, to be shown beside a dot
const QUIET = 20e6; // ns without a hop: then the server's own counts are those of this moment

export const laneOf = (name) => Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
export const senderOf = (item) => Number(MESSAGE.exec(item)?.[1] ?? 0);
export const isMessage = (item) => MESSAGE.test(item);

// The two ways of counting a queue: copies of messages and control frames, and puts.
export const countOn = ({ entries }) =>
  entries.reduce((sum, entry) => sum + Math.max(1, entry.length), 0);

const NEW = { state: "here", said: 0, received: 0, isSure: true, target: "" };

// How many are on a queue, and how many bytes they are, is known or not independently.
const EMPTY = { entries: [], size: 0, isCountKnown: true, isSizeKnown: true };

export class Moment {
  time = 0; // ns, of the last hop
  number = null; // of the last hop; null before the first
  threads = new Map(); // by name: act, items, time, hand, gotAt, isBusy
  queues = new Map(); // by name: entries (lists of items, oldest first), size, what is known
  clients = new Map(); // by number: state, said, received, joinedAt, target
  ended = []; // { item, queue, time, how }: "sent" or "lost"
  limits = { inbound: 0, outbound: 0 };
  isCounted = false; // whether the server has told what it counts: who is there, and the limits
  texts = new Map(); // by item; facts, so all copies of a moment share them

  copy() {
    const copy = Object.assign(new Moment(), this);
    for (const part of ["threads", "queues", "clients"]) copy[part] = new Map(this[part]);
    return copy;
  }

  queue(name) {
    return this.queues.get(name) ?? EMPTY;
  }

  thread(name) {
    return this.threads.get(name) ?? { act: "", items: [], time: 0, gotAt: 0, hand: [] };
  }

  apply(entry) {
    if (entry.counts) return this.#count(entry);
    if (this.number !== null && entry.number !== this.number + 1) this.#loseTrack();
    this.number = entry.number;
    this.time = entry.time;
    const lane = laneOf(entry.queue) || laneOf(entry.thread);
    const isLast = entry.items.includes("close"); // of a client that is known, or was
    if (lane && !isLast && !this.clients.has(lane)) this.change(lane, {});
    this.#note(entry, ACTS[entry.act](this, entry) ?? this.thread(entry.thread).hand);
  }

  #note({ thread, act, items, time }, hand) {
    const gotAt = act === "got" || act === "received" ? time : this.thread(thread).gotAt;
    const isBusy = ["got", "received"].includes(act) || (act === "put" && hand.length > 0);
    this.threads.set(thread, { act, items, time, gotAt, hand, isBusy });
  }

  // Hops are missing here. What is not known any more is not shown: each queue says in its next
  // hop how deep it is.
  #loseTrack() {
    for (const [name, thread] of this.threads) {
      this.threads.set(name, { ...thread, hand: [], isBusy: false });
    }
    for (const [name, { size }] of this.queues) {
      this.queues.set(name, { entries: [], size, isCountKnown: false, isSizeKnown: false });
    }
    for (const [number] of this.clients) this.change(number, { isSure: false });
    this.ended = [];
  }

  // A queue after a hop: what is known to be on it, and what is not, as deep as the hop says; its
  // size is that of the hop. An entry that is not known has no items. How many messages it is, is
  // known on the inbound queue alone: one.
  fill(name, entries, { depth, size }) {
    const unknown = Array.from({ length: Math.max(0, depth - entries.length) }, () => []);
    const all = [...unknown, ...entries];
    const isCountKnown = name === "inbound" || all.every((entry) => entry.length > 0);
    this.queues.set(name, { entries: all, size, isCountKnown, isSizeKnown: true });
  }

  change(number, news) {
    const known = this.clients.get(number) ?? { ...NEW, number, joinedAt: this.time };
    this.clients.set(number, { ...known, ...news });
  }

  end(items, { queue, time }, how) {
    this.ended = [...this.ended, ...items.map((item) => ({ item, queue, time, how }))]
      .slice(-ENDED);
  }

  remember(item, text) {
    this.texts.set(item, text);
    if (this.texts.size > TEXTS) this.texts.delete(this.texts.keys().next().value);
  }

  // What the server counts is taken where no hop contradicts it: who is there, at first sight; all
  // of it, when nothing has happened for a while.
  #count({ counts, time, nextHop }) {
    const isQuiet = (this.number === null || nextHop === this.number + 1)
      && time - this.time > QUIET;
    this.limits = { inbound: counts.inbound_limit, outbound: counts.limit };
    this.isCounted = true;
    for (const client of counts.clients) this.#countClient(client, time, isQuiet);
    if (isQuiet && counts.waiting === 0) this.queues.set("inbound", EMPTY);
    const present = new Set(counts.clients.map(({ number }) => number));
    for (const { number, state, joinedAt, isSure } of this.clients.values()) {
      const isAbsent = !present.has(number) && time - joinedAt > QUIET;
      if (!isAbsent || !isQuiet) continue;
      if (state !== "full") this.change(number, { state: "gone" });
      else if (!isSure) leave(this, number); // else its threads have yet to notice: a hop will say
    }
    this.forgetGone();
  }

  #countClient(counts, time, isQuiet) {
    const { number, messages_in: said, messages_out: received, waiting, target } = counts;
    const known = this.clients.get(number);
    if (!known) this.change(number, { joinedAt: time });
    if (!known || isQuiet) this.change(number, { said, received, isSure: true });
    else if (!known.isSure) this.change(number, atLeast(known, { said, received }));
    // One that was missed in an earlier count, which was older than it said, is here after all.
    if (isQuiet && known?.state === "gone" && !known.isOver) this.change(number, { state: "here" });
    this.change(number, { target: target ?? "" });
    const name = `outbound-${number}`;
    const { isCountKnown, entries } = this.queue(name);
    if (isQuiet && waiting === 0) this.queues.set(name, EMPTY);
    else if (isQuiet && (!isCountKnown || entries.length === 0)) {
      const counted = { entries: [], size: waiting, isCountKnown: false, isSizeKnown: true };
      this.queues.set(name, counted);
    }
  }

  forgetGone() {
    const gone = [...this.clients.values()].filter(({ isOver, state }) =>
      isOver || state === "gone");
    for (const { number } of gone.slice(0, -GONE)) {
      this.clients.delete(number);
      this.queues.delete(`outbound-${number}`);
      for (const role of ["reader", "writer"]) this.threads.delete(`${role}-${number}`);
    }
  }
}

// Where hops are missing, what the server counts is closer to the truth than what was added up.
const atLeast = (known, counts) => ({
  said: Math.max(known.said, counts.said),
  received: Math.max(known.received, counts.received),
});

// What a hop changes. Each returns what its thread has in hand from then on.
const ACTS = {
  received(moment, { items, text }) {
    for (const item of items) {
      moment.remember(item, text);
      moment.change(senderOf(item), { said: Number(MESSAGE.exec(item)[2]) });
    }
    return items;
  },
  put(moment, hop) {
    const { thread, queue, items } = hop;
    moment.fill(queue, [...moment.queue(queue).entries, items], hop);
    const joined = Number(/^joined (\d+)$/.exec(items[0])?.[1] ?? 0);
    if (joined) moment.change(joined, { joinedAt: hop.time });
    const client = moment.clients.get(laneOf(queue));
    if (items.includes("close") && client?.state === "here") {
      moment.change(client.number, { state: "leaving" });
    }
    const { hand } = moment.thread(thread);
    return thread === "broker" ? hand : hand.filter((item) => !items.includes(item));
  },
  full(moment, hop) {
    moment.end(hop.items, hop, "lost");
    moment.fill(hop.queue, moment.queue(hop.queue).entries, hop);
    if (laneOf(hop.queue)) {
      const queue = moment.queue(hop.queue);
      const count = queue.isCountKnown ? countOn(queue) : null;
      const fullAt = { count, size: hop.size, refused: hop.items.length };
      moment.change(laneOf(hop.queue), { state: "full", fullAt });
    }
  },
  lost(moment, hop) {
    const thrown = new Set(hop.items);
    const { entries } = moment.queue(hop.queue);
    moment.fill(hop.queue, entries.filter((entry) => !thrown.has(entry[0])), hop);
    moment.end(hop.items, hop, "lost");
  },
  got(moment, hop) {
    const taken = new Set(hop.items);
    const { entries } = moment.queue(hop.queue);
    moment.fill(hop.queue, entries.filter((entry) => entry.length && !taken.has(entry[0])), hop);
    // Nothing more is heard of its writer if there is nobody to send it to.
    if (hop.items.includes("close")) leave(moment, laneOf(hop.queue));
    return hop.items;
  },
  handled(moment, { items }) {
    for (const item of items) {
      const left = Number(/^left (\d+)$/.exec(item)?.[1] ?? 0);
      if (moment.clients.get(left)?.state === "full") leave(moment, left);
    }
    return [];
  },
  sent(moment, hop) {
    const number = laneOf(hop.queue);
    const messages = hop.items.filter(isMessage).length;
    const client = moment.clients.get(number);
    if (client) moment.change(number, { received: client.received + messages });
    moment.end(hop.items, hop, "sent");
    if (hop.items.includes("close")) leave(moment, number);
    return [];
  },
};

function leave(moment, number) {
  const client = moment.clients.get(number);
  if (!client) return;
  const { state } = client;
  moment.change(number, { state: state === "full" ? "full" : "gone", isOver: true });
  const name = `outbound-${number}`;
  if (state === "full") {
    const waiting = moment.queue(name).entries.flat().slice(-8);
    moment.end(waiting, { queue: name, time: moment.time }, "lost");
    moment.queues.set(name, EMPTY);
  }
  for (const role of ["reader", "writer"]) {
    const name = `${role}-${number}`;
    moment.threads.set(name, { ...moment.thread(name), hand: [], isBusy: false });
  }
  moment.forgetGone();
}
