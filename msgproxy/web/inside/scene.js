// The scene: the picture as a whole, drawn anew in each frame from one moment.
// Rule: it remembers nothing of its own but elements.

import { byId, readable } from "../shared/dom.js";
import { senderOf, countOn } from "./moment.js";
import { drawLanes } from "./lanes.js";
import {
  amount, drawn, drawQueue, drawThread, hueOfClient, makeQueue, makeThread, redraw, retext,
} from "./shapes.js";
import { named } from "../shared/message_text.js";

const FEW = 8; // dots that can have their words beside them
const WORDS = 22; // characters

const inbound = makeQueue("inbound");
const broker = makeThread("broker", 24);
const acceptor = makeThread("accept", 10);
const acceptLine = drawn("path", { class: "line new" });
const acceptText = drawn("text", { class: "title start" });
const trunk = drawn("path", { class: "line" });
const laneGroup = drawn("g");
const folded = drawn("text", { class: "folded" });
const dotGroup = drawn("g", { class: "dots" });
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
    "data-clients": geometry.drawn.length + others.count, "data-narrow": geometry.isNarrow,
    "data-number": moment.number ?? "",
  });
  drawMiddle(geometry, moment);
  drawAcceptor(geometry, moment);
  drawTexts(geometry, others);
  drawLanes(laneGroup, geometry, moment, actors);
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

// Elements are used again: no more are made than there ever were dots at a time.
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
  redraw(element.firstElementChild, { r: dot.sender ? 8 : 4.5 });
  element.style.setProperty("--hue", hueOfClient(dot.sender));
  const words = (dot.sender ? named(dot.text).text : dot.text).replaceAll("\n", " ");
  retext(element.lastElementChild, words.length > WORDS ? `${words.slice(0, WORDS - 1)}…` : words);
}
