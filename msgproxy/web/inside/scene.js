// The scene: the picture as a whole, drawn anew in each frame from one moment. In the middle the
// inbound queue and the broker, for each client a lane, and the dots on top of all.
// Rule: it remembers nothing of its own but elements. A lane is made when its client comes, and is
// moved, never made anew, as others come and go.

import { byId, readable } from "../shared/dom.js";
import { named } from "../shared/message_text.js";
import { curve } from "./geometry.js";
import { countOn, senderOf } from "./moment.js";
import {
  amount, countOfSent, drawn, drawQueue, drawThread, hueOfClient, makeQueue, makeThread, redraw,
  retext,
} from "./shapes.js";

const FEW = 8; // dots that can have their words beside them
const WORDS = 22; // characters
const CONTROL = 0.56; // of the size of a message: a control frame is drawn smaller
const RADIUS = 14; // px, of a thread that has a lane

const inbound = makeQueue("inbound");
const broker = makeThread("broker", 24);
const acceptor = makeThread("accept", 10);
const acceptLine = drawn("path", { class: "line new" });
const acceptText = drawn("text", { class: "title start" });
const trunk = drawn("path", { class: "line" });
const laneGroup = drawn("g");
const folded = drawn("text", { class: "folded" });
const dotGroup = drawn("g", { class: "dots" });
const laneParts = new Map(); // by the number of the client
const dotsInUse = new Map(); // by the key of the dot
const freeDots = [];

retext(acceptText, "accept");
byId("scene").append(acceptLine, trunk, laneGroup, inbound, broker, acceptor, acceptText, folded,
  dotGroup);

// `others` are the clients that share a lane.
export function drawScene(moment, geometry, actors, others, dots) {
  const { width, height, scale } = geometry;
  redraw(byId("scene"), {
    viewBox: `0 0 ${width} ${height}`, width: width * scale, height: height * scale,
    "data-clients": geometry.drawn.length + others.count, "data-number": moment.number ?? "",
  });
  drawMiddle(geometry, moment);
  drawAcceptor(geometry, moment);
  drawTexts(geometry, others);
  drawLanes(geometry, moment, actors);
  drawDots(dots, geometry);
}

function drawMiddle(geometry, moment) {
  const [left, right] = geometry.edges("inbound");
  const y = geometry.middle;
  redraw(trunk, { d: `M${right} ${y}H${geometry.x("broker")}` });
  const box = { left, right, y, height: geometry.queueHeight + 6 };
  const queue = moment.queue("inbound");
  drawQueue(inbound, box, { ...queue, count: countOn(queue) }, moment.limits.inbound);
  drawThread(broker, { x: geometry.x("broker"), y }, moment.thread("broker"));
}

function drawAcceptor(geometry, moment) {
  const place = geometry.at({ column: "accept" });
  drawThread(acceptor, place, moment.thread("accept"));
  redraw(acceptText, { x: place.x + 18, y: place.y + 5 });
  const end = geometry.drawn.length ? geometry.y(geometry.drawn[0]) - 18 : place.y;
  redraw(acceptLine, { d: `M${place.x} ${place.y}V${end}` });
}

function drawTexts(geometry, others) {
  redraw(folded, { x: geometry.x("outbound"), y: others.count ? geometry.y(null) + 5 : 0,
    "data-count": others.count });
  retext(folded, others.count ? sumOf(others) : "");
}

function sumOf({ count, received, waiting }) {
  const sent = received ? ` · sent ${readable(received)}` : "";
  return `and ${readable(count)} more${sent}${waiting ? ` · ${amount(waiting)} waiting` : ""}`;
}

// ---- The lanes: one per client, from its reader on the left to its writer on the right.

function drawLanes(geometry, moment, actors) {
  for (const [number, lane] of laneParts) {
    if (geometry.drawn.includes(number)) continue;
    lane.group.remove();
    laneParts.delete(number);
  }
  for (const number of geometry.drawn) {
    drawLane(laneFor(number), geometry, moment, actors);
  }
}

export function forgetLanes() {
  for (const { group } of laneParts.values()) group.remove();
  laneParts.clear();
}

function laneFor(number) {
  if (laneParts.has(number)) return laneParts.get(number);
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
  laneGroup.append(lane.group);
  laneParts.set(number, lane);
  return lane;
}

function drawLane(lane, geometry, moment, actors) {
  const { number, group, lines, queue, reader, writer } = lane;
  const client = moment.clients.get(number);
  const name = actors.nameOf(number);
  redraw(group, { "data-state": client.state, "data-own": number === actors.own,
    "data-slow": number === actors.slow });
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
  redraw(says, { x: source.x + (isNarrow ? 4 : 0), y: source.y - 20 });
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

const received = (client) => (client.received ? `sent ${countOfSent(client)}` : "");

// What was sent to it has left the server, but it did not read it.
function ofSlow(client) {
  const { state, fullAt } = client;
  const inBuffers = client.received ? `${countOfSent(client)} in the system's` : "";
  if (state !== "full") return [inBuffers, inBuffers && "buffers, unread"];
  return ["cut off: no room", `for ${readable(fullAt.refused)} more`];
}

// ---- The dots. Elements are used again: no more are made than there ever were dots at a time.

function drawDots(dots, geometry) {
  const shown = dots.filter(({ here, there }) => [here, there].every(isDrawnIn(geometry)));
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  redraw(dotGroup, { "data-few": shown.length <= FEW });
  const keys = new Set(shown.map(({ key }) => key));
  for (const [key, dot] of dotsInUse) {
    if (keys.has(key)) continue;
    redraw(dot, { visibility: "hidden" });
    dotsInUse.delete(key);
    freeDots.push(dot);
  }
  for (const dot of shown) drawDot(dotFor(dot.key), geometry, dot, isStill);
}

function dotFor(key) {
  if (!dotsInUse.has(key)) dotsInUse.set(key, freeDots.pop() ?? newDot());
  return dotsInUse.get(key);
}

function newDot() {
  const dot = drawn("g", { class: "dot" }, drawn("circle"), drawn("text", { dy: -24 }));
  dotGroup.append(dot);
  return dot;
}

// Who has no lane shares one, and only what it says is drawn there.
const isDrawnIn = ({ drawn: numbers }) => ({ lane, column }) =>
  !lane || ["source", "reader"].includes(column) || numbers.includes(lane);

function drawDot(element, geometry, dot, isStill) {
  // Who wants no motion sees where it is, and then where it has come to.
  const { x, y } = geometry.between(dot.here, dot.there, isStill ? Math.round(dot.part) : dot.part);
  const isOnQueue = dot.part === 1 && dot.queue;
  redraw(element, {
    transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
    visibility: "visible",
    "data-item": dot.item,
    "data-on": isOnQueue ? dot.queue : "",
    "data-how": dot.how,
    "data-behind": Boolean(dot.isBehind) || dot.how === "lost",
    "data-kind": dot.sender ? "message" : "control",
    opacity: dot.how ? (1 - dot.age).toFixed(2) : 1,
  });
  redraw(element.firstElementChild, { r: geometry.dotRadius * (dot.sender ? 1 : CONTROL) });
  element.style.setProperty("--hue", hueOfClient(dot.sender));
  const words = (dot.sender ? named(dot.text).text : dot.text).replaceAll("\n", " ");
  retext(element.lastElementChild, words.length > WORDS ? `${words.slice(0, WORDS - 1)}…` : words);
}
