// The dots: the messages in flight. Its sender's colour is that of a message.
// Rule: elements are used again. However many messages pass, no more are made than were ever in
// sight at a time.

import { drawn, hueOfClient, redraw, retext } from "./svg.js";

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
