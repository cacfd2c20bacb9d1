// The shapes: a queue and a thread as the picture shows them, and SVG elements made by calls.
// Rule: what is known of them is in data-* too: the styles go by it, and so do the tests. What
// comes from others is only ever text. An attribute is written only when it is another one.

import { readable } from "../shared/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const UNITS = ["B", "KiB", "MiB", "GiB"];
const MANY_BYTES = 4_096; // fewer of them tell a newcomer nothing
const FILLING = 0.05; // of its limit: from then on the limit is drawn
const ROOMY = 120; // px: a queue that is narrower has its limit drawn, but not said

export function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  redraw(element, attributes);
  element.append(...children);
  return element;
}

export function redraw(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

export function retext(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// In degrees. The golden angle keeps neighbours apart, however many there are.
export const hueOfClient = (number) => Math.round(number * 137.5 + 60) % 360;

export function amount(bytes) {
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${readable(power && value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ${
    UNITS[power]}`;
}

export const counted = (number, thing) => `${readable(number)} ${thing}${number === 1 ? "" : "s"}`;

// To a client, as far as it is known: after lost steps it is more than what was seen.
export const countOfSent = ({ received, isSure }) =>
  `${isSure ? "" : "≈ "}${readable(received)}`;

export function makeQueue(name) {
  const [shape, fill] = [drawn("rect", { class: "shape" }), drawn("rect", { class: "fill" })];
  const [slots, end] = [drawn("path", { class: "slots" }), drawn("path", { class: "limit" })];
  const text = drawn("text", { class: "amount" });
  return drawn("g", { class: "queue", "data-queue": name }, shape, fill, slots, end, text);
}

// It fills from its exit, at the right; its limit is its entrance, at the left.
export function drawQueue(element, { left, right, y, height }, waiting, limit) {
  const { count, size, isCountKnown, isSizeKnown } = waiting;
  const [shape, fill, slots, end, text] = element.children;
  const part = limit ? Math.min(1, size / limit) : 0;
  const box = { y: y - height / 2, height };
  const wide = right - left;
  redraw(element, { "data-count": isCountKnown ? count : "", "data-size": isSizeKnown ? size : "",
    "data-full": part > 0.7, "data-filling": part > FILLING });
  redraw(shape, { ...box, x: left, width: wide, rx: 8 });
  const inner = { y: box.y + 2, height: height - 4, rx: 6 };
  redraw(fill, { ...inner, x: right - 2 - part * (wide - 4), width: part * (wide - 4) });
  const bars = [1, 2, 3, 4, 5].map((slot) => `M${left + (slot * wide) / 6} ${box.y}v${height}`);
  redraw(slots, { d: bars.join("") });
  redraw(end, { d: `M${left} ${box.y - 5}v${height + 10}` });
  redraw(text, { x: (left + right) / 2, y: box.y + height + 15 });
  retext(text, waitingWords(waiting, part > FILLING && wide > ROOMY ? limit : 0));
}

function waitingWords({ count, size, isCountKnown, isSizeKnown }, limit) {
  if (!size && !count) return "";
  const bytes = limit ? `${amount(size)} of ${amount(limit)}` : amount(size);
  if (!isSizeKnown) return `≈ ${bytes}`;
  if (!isCountKnown) return bytes;
  return size < MANY_BYTES ? `${readable(count)} waiting` : `${readable(count)} · ${bytes}`;
}

export function makeThread(name, radius) {
  const shape = drawn("circle", { r: radius });
  const text = drawn("text", { class: "number", dy: "0.35em" });
  return drawn("g", { class: "thread", "data-thread": name }, drawn("title"), shape, text);
}

export function drawThread(element, { x, y }, { act, isBusy = false }, number = "") {
  redraw(element, {
    transform: `translate(${x} ${y})`,
    "data-act": act,
    "data-busy": isBusy,
    "data-digits": String(number).length,
  });
  retext(element.lastElementChild, String(number));
  retext(element.firstElementChild, `The thread ${element.dataset.thread}, as the log names it`);
}
