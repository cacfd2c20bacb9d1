// The actors: which clients have a lane of their own, and what they are called.
// Rule: you, the one in trouble and the speaker are always drawn, whatever their numbers. All
// others share one lane, as their number and their sums. Who has a lane keeps it while there is
// room.

import { laneOf, senderOf } from "./moment.js";

const LINGER = 3_000; // ms for which one that has gone can still be seen
const LINGER_CUT = 12_000; // and one that was cut off
const TROUBLE = 0.05; // of its queue's limit

export class Actors {
  own = null; // the server's number of this page's client
  slow = null; // and of the one that this page made, which never reads
  #tab;
  #names = new Map(); // by the server's number: the one that is shown, from 1
  #lanes = [];
  #endedAt = new Map(); // by number: when it was first seen as gone

  // `tab` is the word by which this page's own clients can be told from others.
  constructor(tab) {
    this.#tab = tab;
  }

  // Which lanes a moment needs, of at most `capacity`.
  choose(moment, capacity, wall) {
    const present = this.#present(moment, wall);
    for (const { number, target } of present) this.#recognise(number, target);
    const all = present.map(({ number }) => number);
    if (all.length <= capacity) {
      this.#lanes = all;
    } else {
      const wanted = new Set([...this.#wanted(moment, present), ...this.#lanes, ...all]);
      this.#lanes = [...wanted].filter((number) => all.includes(number)).slice(0, capacity - 1);
    }
    const rank = (number) => (number === this.own ? 0 : this.nameOf(number));
    this.#lanes = this.#lanes.toSorted((one, other) => rank(one) - rank(other));
    return { lanes: this.#lanes, folded: this.#fold(moment, present) };
  }

  #present(moment, wall) {
    const clients = [...moment.clients.values()]
      .toSorted((one, other) => one.number - other.number);
    return clients.filter(({ number, state, isOver }) => {
      if (!isOver && state !== "gone") {
        this.#endedAt.delete(number);
        return true;
      }
      if (!this.#endedAt.has(number)) this.#endedAt.set(number, wall);
      const lingers = state === "full" ? LINGER_CUT : LINGER;
      return wall - this.#endedAt.get(number) < lingers;
    });
  }

  #recognise(number, target) {
    if (!this.#names.has(number)) this.#names.set(number, this.#names.size + 1);
    const tab = new URLSearchParams(target.split("?")[1]).get("tab");
    if (tab === this.#tab) this.own = number;
    if (tab === `${this.#tab}-slow`) this.slow = number;
  }

  // In the order of their importance.
  *#wanted(moment, present) {
    for (const number of [this.own, this.slow]) if (number) yield number;
    for (const { number, state } of present) if (state === "full") yield number;
    const hands = [...moment.threads.values()].map(({ hand }) => hand);
    for (const items of [...moment.queue("inbound").entries, ...hands]) {
      for (const item of items) if (senderOf(item)) yield senderOf(item);
    }
    const limit = moment.limits.outbound || Infinity;
    for (const [name, { size }] of moment.queues) if (size > limit * TROUBLE) yield laneOf(name);
  }

  #fold(moment, present) {
    const others = present.filter(({ number }) => !this.#lanes.includes(number));
    const sum = (value) => others.reduce((total, client) => total + value(client), 0);
    return {
      count: others.length,
      received: sum(({ received }) => received),
      waiting: sum(({ number }) => moment.queue(`outbound-${number}`).size ?? 0),
    };
  }

  nameOf(number) {
    return this.#names.get(number) ?? number;
  }

  // As it is called in a sentence.
  titleOf(number) {
    if (number === this.own) return "you";
    if (number === this.slow) return "the one that never reads";
    return number ? `client ${this.nameOf(number)}` : "another instance";
  }

  // The name of a thread or a queue, with the number that is shown.
  nameIn(name) {
    return laneOf(name) ? name.replace(/\d+$/, this.nameOf(laneOf(name))) : name;
  }
}
