// The cast: who and what is in the picture, at the moment that is replayed.
// Rule: it follows the replay. Only what no hop tells comes from the live counts: how much each
// client has said and heard, and who is there when nothing happens.

import { laneOf } from "./flights.js";
import { STALE } from "./replay.js";

const LINGER = 2_500; // ms for which one that has gone can still be seen
const LINGER_CUT = 8_000; // and one that was cut off

export class Cast {
  clients = new Map(); // by number
  queues = {}; // by name: depth, size
  threads = {}; // by name: what it did last, and whether it has something in hand
  limits = { inbound: 0, outbound: 0 };

  // Take in one hop. Returns a note, if it is news that should be seen for longer.
  apply({ thread, act, queue, items, depth, size }) {
    this.queues[queue] = { depth, size };
    this.threads[thread] = { act, items, isBusy: act === "received" || act === "got" };
    // A reader has put what it had in hand. The broker is done when it comes for more.
    if (act === "put" && thread === "broker") this.threads[thread].isBusy = true;
    const number = laneOf(queue);
    if (number) return this.#applyToClient(this.#client(number), act, items);
    const joined = act === "put" && /^joined (\d+)$/.exec(items[0]);
    if (joined) this.#client(Number(joined[1]));
    return null;
  }

  #applyToClient(client, act, items) {
    if (act === "full") {
      client.state = "full";
      return `Client ${client.number} was too slow: its queue was full, so it was cut off.`;
    }
    const isGoodbye = items.includes("goodbye");
    if (act === "put" && isGoodbye && client.state === "here") client.state = "leaving";
    if (act === "sent" && isGoodbye) this.#mourn(client);
    return null;
  }

  // The counts are live: while a replay is behind, they must not say who has come or gone.
  count({ clients, waiting, limit, inbound_limit: inboundLimit }, isIdle) {
    this.limits = { inbound: inboundLimit, outbound: limit };
    if (isIdle) this.queues.inbound = { depth: waiting ? null : 0, size: waiting };
    for (const counts of clients) {
      if (isIdle || this.clients.size === 0) this.#client(counts.number);
      this.#countClient(counts, isIdle);
    }
    const numbers = new Set(clients.map(({ number }) => number));
    for (const client of this.clients.values()) {
      const now = performance.now();
      client.missedAt = numbers.has(client.number) ? Infinity : Math.min(client.missedAt, now);
      // A busy replay is behind, but never by more than that. Who is missing for longer has gone
      // with a goodbye that this viewer has not seen.
      if (now - client.missedAt > (isIdle ? -1 : STALE)) this.#mourn(client);
    }
  }

  #countClient(counts, isIdle) {
    const client = this.clients.get(counts.number);
    if (!client) return;
    const before = client.counts ?? counts;
    const seconds = counts.joined_for - before.joined_for;
    client.rate = seconds > 0 ? (counts.messages_out - before.messages_out) / seconds : 0;
    client.counts = counts;
    const queue = `outbound-${counts.number}`;
    if (isIdle && this.queues[queue]?.size !== counts.waiting) {
      this.queues[queue] = { depth: counts.waiting ? null : 0, size: counts.waiting };
    }
  }

  #client(number) {
    if (!this.clients.has(number)) {
      const never = Infinity;
      this.clients.set(number, { number, state: "here", goesAt: never, missedAt: never, rate: 0 });
    }
    return this.clients.get(number);
  }

  #mourn(client) {
    if (client.goesAt < Infinity) return;
    client.goesAt = performance.now() + (client.state === "full" ? LINGER_CUT : LINGER);
    if (client.state !== "full") client.state = "gone";
  }

  // In the order of their numbers. Who has been gone for long enough is forgotten.
  lanes() {
    for (const { number, goesAt } of this.clients.values()) {
      if (performance.now() > goesAt) this.#forget(number);
    }
    return [...this.clients.keys()].sort((one, other) => one - other);
  }

  #forget(number) {
    this.clients.delete(number);
    delete this.queues[`outbound-${number}`];
    delete this.threads[`reader-${number}`];
    delete this.threads[`writer-${number}`];
  }
}
