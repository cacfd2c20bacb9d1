// The scene: the picture as a whole, drawn anew in each frame from what is known.
// Rule: it remembers nothing of its own but elements. What is in it says the cast, and where each
// message is, the flights.

import { Geometry } from "./geometry.js";
import { drawLanes } from "./lanes.js";
import {
  drawn, drawQueue, drawThread, hueOfClient, makeQueue, makeThread, redraw, retext,
} from "./shapes.js";
import { byId } from "../shared/dom.js";

const COLUMNS = ["reader", "inbound", "broker", "outbound", "writer"];
const TITLES = ["readers", "inbound", "broker", "outbound", "writers"];

const inbound = makeQueue("inbound");
const broker = makeThread("broker", 24);
const acceptor = makeThread("accept", 10);
const acceptLine = drawn("path", { class: "line new" });
const acceptText = drawn("text", { class: "title start" });
const trunk = drawn("path", { class: "line" });
const laneGroup = drawn("g");
const more = drawn("text", { class: "more" });
const titles = TITLES.map((title) => {
  const element = drawn("text", { class: "title" });
  retext(element, title);
  return element;
});
const dotGroup = drawn("g", { class: "dots" });

retext(acceptText, "accept");
byId("scene").append(acceptLine, trunk, laneGroup, inbound, broker, acceptor, acceptText, more,
  ...titles, dotGroup);

export function drawScene(cast, lanes, sights, own) {
  const stage = byId("stage");
  const geometry = new Geometry(stage.clientWidth, stage.clientHeight, lanes);
  const { width, height } = geometry;
  redraw(byId("scene"), {
    viewBox: `0 0 ${width} ${height}`, width, height,
    "data-clients": lanes.length, "data-narrow": geometry.isNarrow,
  });
  drawMiddle(geometry, cast);
  drawAcceptor(geometry, cast);
  drawTexts(geometry);
  drawLanes(laneGroup, geometry, cast, own);
  drawDots(dotGroup, geometry, sights, matchMedia("(prefers-reduced-motion: reduce)").matches);
}

function drawMiddle(geometry, cast) {
  const [left, right] = geometry.edges("inbound");
  const y = geometry.middle;
  redraw(trunk, { d: `M${right} ${y}H${geometry.x("broker")}` });
  const box = { left, right, y, height: geometry.queueHeight + 6 };
  drawQueue(inbound, box, cast.queues.inbound ?? { depth: 0, size: 0 }, cast.limits.inbound);
  drawThread(broker, { x: geometry.x("broker"), y }, cast.threads.broker);
}

function drawAcceptor(geometry, cast) {
  const place = geometry.at({ column: "accept" });
  const newest = geometry.drawn.at(-1);
  drawThread(acceptor, place, cast.threads.accept);
  redraw(acceptText, { x: place.x + 18, y: place.y + 5 });
  const end = newest ? geometry.y(geometry.drawn[0]) : place.y;
  redraw(acceptLine, { d: `M${place.x} ${place.y}V${end}` });
}

function drawTexts(geometry) {
  const { height, middle } = geometry;
  for (const [number, title] of titles.entries()) {
    redraw(title, { x: geometry.x(COLUMNS[number]), y: height - 14 });
  }
  const isCrowd = geometry.more > 0;
  redraw(more, { x: geometry.x(isCrowd ? "outbound" : "broker"),
    y: isCrowd ? geometry.y(null) + 5 : middle + 70 });
  retext(more, isCrowd ? `and ${geometry.more} more` : INVITATIONS[geometry.rows] ?? "");
}

// By how many are there.
const INVITATIONS = [
  "Nobody is connected.",
  "Only one client: open this page in a second tab, then say hello.",
];

// The dots: the messages in flight. Its sender's colour is that of a message.
// Rule: elements are used again. However many messages pass, no more are made than were ever in
// sight at a time.


const FEW = 8; // dots that can have their words beside them
const WORDS = 22; // characters

const inUse = new Map(); // by flight
const free = [];

export function drawDots(container, geometry, sights, isStill) {
  const shown = sights.filter(({ here, there }) => isDrawn(geometry, here, there));
  redraw(container, { "data-few": shown.length <= FEW });
  freeAllBut(new Set(shown.map(({ flight }) => flight)));
  for (const sight of shown) drawDot(dotFor(container, sight.flight), geometry, sight, isStill);
}

function freeAllBut(flights) {
  for (const [flight, dot] of inUse) {
    if (flights.has(flight)) continue;
    dot.group.setAttribute("visibility", "hidden");
    inUse.delete(flight);
    free.push(dot);
  }
}

function dotFor(container, flight) {
  if (!inUse.has(flight)) inUse.set(flight, free.pop() ?? newDot(container));
  return inUse.get(flight);
}

function newDot(container) {
  const text = drawn("text", { dy: -24 });
  const group = drawn("g", { class: "dot" }, drawn("circle"), text);
  container.append(group);
  return { group, text };
}

// Who has no lane shares one, and only what it says is drawn there.
const isDrawn = ({ drawn: numbers }, here, { lane, column }) =>
  !lane || ["source", "reader"].includes(column) || numbers.includes(lane);

function drawDot({ group, text }, geometry, { flight, here, there, part }, isStill) {
  // Who wants no motion sees where it is, and then where it has come to.
  const { x, y } = geometry.between(here, there, isStill ? Math.round(part) : part);
  redraw(group, {
    transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
    visibility: "visible",
    "data-item": flight.item,
    "data-how": part === 1 ? flight.how ?? "" : "",
  });
  redraw(group.firstElementChild, { r: flight.sender ? 8 : 4.5 });
  group.dataset.kind = flight.sender ? "message" : "control";
  group.style.setProperty("--hue", hueOfClient(flight.sender));
  const words = flight.label.replaceAll("\n", " ");
  retext(text, words.length > WORDS ? `${words.slice(0, WORDS - 1)}…` : words);
}
