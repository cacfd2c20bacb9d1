// The dots: where each copy of a message is between two hops.
// Rule: a dot rests while its message is on a queue, and moves while a thread has it in hand. So it
// reaches a queue exactly when it is put there, and leaves it exactly when it is taken. Where there
// are several, one has its words: those of all others are behind.

import { countOn, laneOf, senderOf } from "./moment.js";

const MOST_DOTS = 150; // dots are drawn at the most
const LOOK_AHEAD = 400; // hops are searched for what moves now
export const SLOTS = 6; // of a queue, in which dots can be told apart

const atThread = (thread) => ({ column: thread.split("-")[0], lane: laneOf(thread) });
const atQueue = (queue, place) => ({ column: queue.split("-")[0], lane: laneOf(queue), place });

// A copy for each client, but one message from its reader to the broker.
const keyOf = (item, name) => (laneOf(name) && !name.startsWith("reader") ?
  `${item}>${laneOf(name)}` : item);

// `upcoming` are the hops after the moment. A journey lasts `longest` ns at the most.
export function dotsAt(moment, upcoming, now, longest) {
  const dots = new Map();
  const draw = (item, name, way) => {
    const key = keyOf(item, name);
    if (dots.size >= MOST_DOTS && !dots.has(key)) return;
    const text = moment.texts.get(item) ?? item;
    dots.set(key, { key, item, sender: senderOf(item), text, how: "", part: 1, ...way });
  };
  for (const [at, { item, queue, time, how }] of moment.ended.entries()) {
    const isBehind = moment.ended[at - 1]?.time === time; // of the same hop
    if (now - time >= longest) continue;
    drawEnded(draw, { item, queue, how, isBehind }, (now - time) / longest);
  }
  for (const [name, queue] of moment.queues) drawWaiting(draw, name, queue);
  for (const [name, thread] of moment.threads) {
    drawInHand(draw, name, thread, { now, longest, next: nextOf(upcoming, name) });
  }
  drawComing(draw, moment, upcoming, { now, longest });
  return [...dots.values()];
}

function drawEnded(draw, { item, queue, how, isBehind }, age) {
  const place = how === "sent" ? { column: "client", lane: laneOf(queue) } : atQueue(queue, SLOTS);
  draw(item, queue, { here: place, there: place, how, age, isBehind });
}

function drawWaiting(draw, name, { entries }) {
  let place = 0;
  for (const entry of entries) {
    for (const item of entry) {
      if (place >= SLOTS) return; // in the last slot nothing could be told apart
      const here = atQueue(name, place);
      draw(item, name, { here, there: here, queue: name, isBehind: place > 0 });
      place += 1;
    }
    if (entry.length === 0) place += 1;
  }
}

const nextOf = (upcoming, name) => {
  const limit = Math.min(upcoming.length, LOOK_AHEAD);
  for (let at = 0; at < limit; at += 1) if (upcoming[at].thread === name) return upcoming[at];
  return null;
};

function drawInHand(draw, name, { hand, act, gotAt }, { now, longest, next }) {
  if (hand.length === 0) return;
  const there = atThread(name);
  const time = Math.min(longest, ((next?.time ?? Infinity) - gotAt) / 2);
  const part = act === "got" && time > 0 ? Math.min(1, (now - gotAt) / time) : 1;
  const from = name === "broker" ? "inbound" : name.replace("writer", "outbound");
  for (const [place, item] of hand.slice(0, SLOTS).entries()) {
    const here = part < 1 ? atQueue(from, place) : there;
    draw(item, name, { here, there, part, isBehind: place > 0 });
  }
}

// What is on its way to the place where a hop will say that it has come.
function drawComing(draw, moment, upcoming, { now, longest }) {
  const added = {}; // to queues, by the hops between
  for (const hop of upcoming.slice(0, LOOK_AHEAD)) {
    if (hop.counts || hop.time - longest > now) continue;
    const way = COMING[hop.act]?.(moment, hop, added, longest);
    if (!way) continue;
    const start = Math.max(hop.time - longest, way.since);
    if (now < start) continue;
    const part = Math.min(1, (now - start) / Math.max(1, hop.time - start));
    for (const [place, item] of way.items.entries()) {
      draw(item, way.name, { here: way.here, there: way.there, part, isBehind: place > 0 });
    }
  }
}

const COMING = {
  received(moment, { thread, items }) {
    const there = atThread(thread);
    const here = { column: "source", lane: there.lane };
    return { items, name: thread, here, there, since: moment.thread(thread).time };
  },
  put(moment, hop, added, longest) {
    const { queue, items } = hop;
    const waiting = countOn(moment.queue(queue)) + (added[queue] ?? 0);
    added[queue] = (added[queue] ?? 0) + items.length;
    return waiting < SLOTS ? carried(moment, hop, waiting, longest) : null;
  },
  full: (moment, hop, added, longest) =>
    carried(moment, { ...hop, items: hop.items.slice(0, 1) }, SLOTS - 1, longest),
  sent(moment, { thread, queue, time }, added, longest) {
    const { hand, gotAt } = moment.thread(thread);
    const there = { column: "client", lane: laneOf(queue) };
    const since = gotAt + Math.min(longest, (time - gotAt) / 2);
    return { items: hand.slice(0, SLOTS), name: thread, here: atThread(thread), there, since };
  },
};

function carried(moment, { thread, queue, items, time }, place, longest) {
  const { hand, gotAt } = moment.thread(thread);
  const isInHand = items.some((item) => hand.includes(item));
  if (!isInHand && items.some(senderOf)) return null; // where it came from is not known
  const isOwn = thread.startsWith("reader") && queue === "inbound";
  const taken = isOwn ? gotAt : gotAt + Math.min(longest, (time - gotAt) / 2);
  return {
    items, name: isOwn ? thread : queue, here: atThread(thread), there: atQueue(queue, place),
    since: isInHand ? taken : time - longest / 2,
  };
}

export const areMoving = (dots) => dots.some(({ part, how }) => part < 1 || how !== "");
