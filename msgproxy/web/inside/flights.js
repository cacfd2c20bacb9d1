// Flights: where each message is at a moment of the replay.
// Rule: it rests while it is on a queue, and moves while a thread has it in hand. So it arrives at
// a queue when it is put there, and sets out from it when it is taken: at the recorded time.

import { SLOTS } from "./geometry.js";
import { understood } from "../shared/message_text.js";

const MOST = 150; // copies of messages that are drawn at a time
const MESSAGE = /^(\d+)\.\d+$/;

let flights = [];
let onQueue = {}; // by the name of the queue
let inHand = {}; // by the name of the thread

export const laneOf = (name) => Number(/-(\d+)$/.exec(name)?.[1] ?? 0);

const atThread = (thread) => ({ column: thread.split("-")[0], lane: laneOf(thread) });

function atQueue(queue) {
  const place = (onQueue[queue] ??= []).length;
  const column = queue.split("-")[0];
  return { column, lane: laneOf(queue), place };
}

export function clearFlights() {
  flights = [];
  onQueue = {};
  inHand = {};
}

// Take in a hop that comes soon. Returns how many messages found no room among the flights.
export function plan(hop, isDrawn) {
  return PLANS[hop.act](hop, isDrawn) ?? 0;
}

const PLANS = {
  received({ thread, time, items, text }) {
    const lane = laneOf(thread);
    const source = { column: "source", lane };
    const received = items.map((item) => begin(item, source, text, time)).filter(Boolean);
    for (const flight of received) arrive(flight, time, atThread(thread));
    inHand[thread] = received;
    return items.length - received.length;
  },
  put({ thread, time, queue, items }, isDrawn) {
    if (queue !== "inbound" && !isDrawn(laneOf(queue))) return;
    for (const item of items) {
      // Behind the last slot nothing could be told apart.
      const isLong = queue !== "inbound" && onQueue[queue]?.length > SLOTS;
      const flight = isLong ? null : carried(thread, item, queue, time);
      if (!flight) continue;
      arrive(flight, time, atQueue(queue));
      onQueue[queue].push(flight);
    }
  },
  full({ thread, time, queue, items }) {
    for (const item of items.slice(0, 1)) {
      const flight = carried(thread, item, queue, time);
      if (flight) end(arrive(flight, time, atQueue(queue)), time, "lost");
    }
  },
  lost({ time, queue }) {
    for (const flight of onQueue[queue] ?? []) end(flight, time, "lost");
    onQueue[queue] = [];
  },
  got({ thread, time, queue, items }) {
    const waiting = onQueue[queue] ?? [];
    const taken = waiting.filter(({ item }) => items.includes(item));
    for (const flight of taken) flight.stops.push({ time, place: atThread(thread), sets: "out" });
    onQueue[queue] = waiting.filter((flight) => !taken.includes(flight));
    inHand[thread] = taken;
  },
  handled({ thread, time }) {
    for (const flight of inHand[thread] ?? []) end(flight, time, "done");
    inHand[thread] = [];
  },
  sent({ thread, time }) {
    const client = { column: "client", lane: laneOf(thread) };
    for (const flight of inHand[thread] ?? []) end(arrive(flight, time, client), time, "sent");
    inHand[thread] = [];
  },
};

// What a reader puts is what it has in hand; what the broker puts, a copy of it for each client.
function carried(thread, item, queue, time) {
  const original = inHand[thread]?.find((flight) => flight.item === item);
  if (queue === "inbound" && original) return original;
  if (!original && MESSAGE.test(item)) return null; // there was no room for it among the flights
  const taken = original?.stops.at(-1).time ?? time;
  return begin(item, atThread(thread), original?.text ?? item, (taken + time) / 2);
}

function begin(item, place, text, time) {
  if (flights.length >= MOST) return null;
  const sender = Number(MESSAGE.exec(item)?.[1] ?? 0);
  const label = sender ? understood(text).text : item;
  const flight = { item, sender, text, label, stops: [{ time, place }], ends: Infinity };
  flights.push(flight);
  return flight;
}

function arrive(flight, time, place) {
  flight.stops.push({ time, place, sets: "in" });
  return flight;
}

function end(flight, time, how) {
  Object.assign(flight, { ends: time, how });
}

// Returns who is in sight, each with the places it is between. A journey lasts `longest` ns.
export function inSight(now, longest, lanes) {
  const stays = (flight) => isOn(flight, now, longest) && !isStranded(flight, now, lanes);
  flights = flights.filter(stays);
  if (flights.length === 0) clearFlights(); // of clients that have gone, too
  return flights.map((flight) => ({ flight, ...positionOf(flight, now, longest) }))
    .filter(({ isHere }) => isHere);
}

const isOn = ({ ends, how }, now, longest) => now < ends + (how === "done" ? 0 : longest);

// On the queue of a client that was cut off, or in the hands of a thread that has ended.
function isStranded({ stops }, now, lanes) {
  const { time, place } = stops.at(-1);
  return time < now && Boolean(place.lane) && !lanes.includes(place.lane);
}

export const areMoving = (now, longest) =>
  flights.some((flight) => {
    const { isHere, part } = positionOf(flight, now, longest);
    return isHere && (part < 1 || flight.ends < Infinity);
  });

// Its parts: from `here` to `there`, of which `part` is done.
function positionOf({ stops, ends }, now, longest) {
  let rested = stops[0].place.column === "source" ? -Infinity : stops[0].time;
  for (const [number, { time, place, sets }] of stops.entries()) {
    if (number === 0) continue;
    const next = stops[number + 1]?.time ?? ends;
    const start = sets === "out" ? time : Math.max(time - longest, rested);
    const stop = sets === "out" ? time + Math.min(longest, (next - time) / 2) : time;
    const here = stops[number - 1].place;
    const isHere = number > 1 || now >= Math.min(start, stops[0].time);
    if (now < start) return { isHere, here, there: here, part: 1 };
    if (now < stop) return { isHere, here, there: place, part: (now - start) / (stop - start) };
    rested = stop;
  }
  const there = stops.at(-1).place;
  return { isHere: true, here: there, there, part: 1 };
}
