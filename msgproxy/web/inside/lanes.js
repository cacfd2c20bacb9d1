// The lanes: one per client, from its reader on the left to its writer on the right.
// Rule: a lane is made when its client comes, and is moved, never made anew, as others come and go.

import { curve } from "./geometry.js";
import {
  drawn, drawQueue, drawThread, hueOfClient, makeQueue, makeThread, redraw, retext,
} from "./shapes.js";
import { readable } from "../shared/dom.js";

const RADIUS = 13;

const parts = new Map(); // by the number of the client

export function drawLanes(container, geometry, cast, own) {
  for (const [number, lane] of parts) {
    if (geometry.drawn.includes(number)) continue;
    lane.group.remove();
    parts.delete(number);
  }
  for (const number of geometry.drawn) drawLane(laneFor(container, number), geometry, cast, own);
}

function laneFor(container, number) {
  if (parts.has(number)) return parts.get(number);
  const lane = {
    number,
    lines: drawn("path", { class: "line" }),
    queue: makeQueue(`outbound-${number}`),
    reader: makeThread(`reader-${number}`, RADIUS),
    writer: makeThread(`writer-${number}`, RADIUS),
    says: drawn("text", { class: "says" }),
    hears: drawn("text", { class: "hears" }),
  };
  const { lines, queue, reader, writer, says, hears } = lane;
  lane.group = drawn("g", { class: "lane", "data-client": number },
    lines, queue, reader, writer, says, hears);
  lane.group.style.setProperty("--hue", hueOfClient(number));
  container.append(lane.group);
  parts.set(number, lane);
  return lane;
}

function drawLane(lane, geometry, cast, own) {
  const { number, group, lines, queue, reader, writer } = lane;
  const client = cast.clients.get(number);
  const isOwn = number === own;
  redraw(group, { "data-state": client.state, "data-own": isOwn });
  redraw(lines, { d: linesOf(number, geometry) });
  const [left, right] = geometry.edges("outbound");
  const box = { left, right, y: geometry.y(number), height: geometry.queueHeight };
  const waiting = cast.queues[`outbound-${number}`] ?? { depth: 0, size: 0 };
  drawQueue(queue, box, waiting, cast.limits.outbound);
  const { threads } = cast;
  drawThread(reader, geometry.at({ column: "reader", lane: number }),
    threads[`reader-${number}`], number);
  drawThread(writer, geometry.at({ column: "writer", lane: number }),
    threads[`writer-${number}`], number);
  drawClient(lane, geometry, client, isOwn);
}

function linesOf(number, geometry) {
  const at = (column) => geometry.at({ column, lane: number });
  const [entry] = geometry.edges("inbound");
  const [start] = geometry.edges("outbound");
  const reader = at("reader");
  const queue = { x: start, y: reader.y };
  return `M${at("source").x} ${reader.y}H${reader.x}`
    + curve(reader, { x: entry, y: geometry.middle })
    + curve({ x: geometry.x("broker"), y: geometry.middle }, queue)
    + `M${start} ${reader.y}H${at("client").x}`;
}

// What it has said at the left, what it has heard at the right.
function drawClient({ number, says, hears }, geometry, { state, counts, rate }, isOwn) {
  const source = geometry.at({ column: "source", lane: number });
  const client = geometry.at({ column: "client", lane: number });
  const { isNarrow } = geometry;
  redraw(says, { x: source.x + (isNarrow ? 4 : 0), y: source.y - (isNarrow ? 20 : 12) });
  redraw(hears, { x: client.x + 10, y: client.y + 4 });
  if (isNarrow) {
    retext(says, isOwn ? "you" : "");
    retext(hears, "");
    return;
  }
  const said = counts ? `said ${readable(counts.messages_in)}` : "";
  retext(says, [isOwn ? "you" : `client ${number}`, said].filter(Boolean).join(" · "));
  retext(hears, STATES[state] ?? heard(counts, rate));
}

const STATES = { full: "cut off: too slow", leaving: "leaving", gone: "gone" };

function heard(counts, rate) {
  if (!counts) return "";
  const perSecond = rate >= 1 ? ` · ${readable(Math.round(rate))}/s` : "";
  return `heard ${readable(counts.messages_out)}${perSecond}`;
}
