// The scene: the picture as a whole, drawn anew in each frame from what is known.
// Rule: it remembers nothing of its own but elements. What is in it says the cast, and where each
// message is, the flights.

import { byId } from "./basics.js";
import { drawDots } from "./dots.js";
import { Geometry } from "./geometry.js";
import { drawLanes } from "./lanes.js";
import { drawQueue, drawThread, makeQueue, makeThread } from "./station.js";
import { drawn, redraw, retext } from "./svg.js";

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
