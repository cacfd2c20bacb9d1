// The lanes: one per client, from its reader on the left to its writer on the right.
// Rule: a lane is made when its client comes, and is moved, never made anew, as others come and go.

import { curve } from "./geometry.js";
import { countOn } from "./moment.js";
import {
  drawn, drawQueue, drawThread, hueOfClient, makeQueue, makeThread, redraw, retext,
} from "./shapes.js";
import { readable } from "../shared/dom.js";

const RADIUS = 14;

const parts = new Map(); // by the number of the client

export function drawLanes(container, geometry, moment, actors) {
  for (const [number, lane] of parts) {
    if (geometry.drawn.includes(number)) continue;
    lane.group.remove();
    parts.delete(number);
  }
  for (const number of geometry.drawn) {
    drawLane(laneFor(container, number), geometry, moment, actors);
  }
}

export function forgetLanes() {
  for (const { group } of parts.values()) group.remove();
  parts.clear();
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
    gets: drawn("text", { class: "gets" }),
    more: drawn("text", { class: "gets more" }),
  };
  const { lines, queue, reader, writer, says, gets, more } = lane;
  lane.group = drawn("g", { class: "lane", "data-client": number },
    lines, queue, reader, writer, says, gets, more);
  lane.group.style.setProperty("--hue", hueOfClient(number));
  container.append(lane.group);
  parts.set(number, lane);
  return lane;
}

function drawLane(lane, geometry, moment, actors) {
  const { number, group, lines, queue, reader, writer } = lane;
  const client = moment.clients.get(number);
  const name = actors.nameOf(number);
  redraw(group, { "data-state": client.state, "data-own": number === actors.own,
    "data-slow": number === actors.slow, "data-name": name });
  redraw(lines, { d: linesOf(number, geometry) });
  const [left, right] = geometry.edges("outbound");
  const box = { left, right, y: geometry.y(number), height: geometry.queueHeight };
  const waiting = moment.queue(`outbound-${number}`);
  drawQueue(queue, box, { ...waiting, count: countOn(waiting) }, moment.limits.outbound);
  for (const [thread, column] of [[reader, "reader"], [writer, "writer"]]) {
    const doing = moment.thread(`${column}-${number}`);
    drawThread(thread, geometry.at({ column, lane: number }), doing, name);
  }
  drawClient(lane, geometry, client, actors);
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

// What it has said at the left, what was sent to it at the right.
function drawClient({ number, says, gets, more }, geometry, client, actors) {
  const source = geometry.at({ column: "source", lane: number });
  const end = geometry.at({ column: "client", lane: number });
  const { isNarrow } = geometry;
  const isOwn = number === actors.own;
  redraw(says, { x: source.x + (isNarrow ? 4 : 0), y: source.y - (isNarrow ? 20 : 12) });
  redraw(gets, { x: end.x + 10, y: end.y + 4 });
  redraw(more, { x: end.x + 10, y: end.y + 20 });
  const name = actors.titleOf(number).replace("the one that ", "");
  const said = client.said ? `said ${readable(client.said)}` : "";
  retext(says, isNarrow ? shortName(isOwn, number === actors.slow)
    : [name, said].filter(Boolean).join(" · "));
  redraw(gets, { "data-received": client.received });
  const [first, second] = number === actors.slow || client.state === "full"
    ? ofSlow(client) : [STATES[client.state] ?? received(client), ""];
  retext(gets, isNarrow ? "" : first);
  retext(more, isNarrow ? "" : second);
}

const shortName = (isOwn, isSlow) => (isOwn ? "you" : isSlow ? "never reads" : "");

const STATES = { leaving: "leaving", gone: "gone" };

const received = ({ received: count, isSure }) =>
  (count ? `${isSure ? "" : "≈ "}sent ${readable(count)}` : "");

// What was sent to it has left the server, but it did not read it.
function ofSlow({ state, received: count, fullAt }) {
  const inBuffers = count ? `${readable(count)} in the system's` : "";
  if (state !== "full") return [inBuffers, inBuffers && "buffers, unread"];
  return ["cut off: no room", `for ${readable(fullAt.refused)} more`];
}
