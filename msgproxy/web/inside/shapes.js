// A queue and a thread, as the picture shows them.
// Rule: what is known of them stands in data-* too: the styles go by it, and so do the tests.

import { readable } from "../shared/dom.js";

const UNITS = ["B", "KiB", "MiB", "GiB"];

export function amount(bytes) {
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${readable(power && value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ${
    UNITS[power]}`;
}

export function makeQueue(name) {
  const shape = drawn("rect", { class: "shape" });
  const fill = drawn("rect", { class: "fill" });
  const slots = drawn("path", { class: "slots" });
  const text = drawn("text", { class: "amount" });
  return drawn("g", { class: "queue", "data-queue": name }, shape, fill, slots, text);
}

// It fills from its exit, at the right.
export function drawQueue(element, { left, right, y, height }, { depth, size }, limit) {
  const [shape, fill, slots, text] = element.children;
  const part = limit ? Math.min(1, size / limit) : 0;
  const box = { y: y - height / 2, height };
  const wide = right - left;
  redraw(element, { "data-depth": depth ?? "", "data-size": size, "data-full": part > 0.7 });
  redraw(shape, { ...box, x: left, width: wide, rx: 8 });
  const inner = { y: box.y + 2, height: height - 4, rx: 6 };
  redraw(fill, { ...inner, x: right - 2 - part * (wide - 4), width: part * (wide - 4) });
  const bars = [1, 2, 3, 4, 5].map((slot) => `M${left + (slot * wide) / 6} ${box.y}v${height}`);
  redraw(slots, { d: bars.join("") });
  redraw(text, { x: (left + right) / 2, y: box.y + height + 15 });
  retext(text, waitingWords(depth, size));
}

function waitingWords(depth, size) {
  if (!size) return "";
  return depth === null ? amount(size) : `${readable(depth)} · ${amount(size)}`;
}

export function makeThread(name, radius) {
  const shape = drawn("circle", { r: radius });
  const text = drawn("text", { class: "number", dy: "0.35em" });
  return drawn("g", { class: "thread", "data-thread": name }, shape, text);
}

export function drawThread(element, { x, y }, doing, number = "") {
  redraw(element, {
    transform: `translate(${x} ${y})`,
    "data-act": doing?.act ?? "",
    "data-busy": doing?.isBusy ?? false,
  });
  retext(element.lastElementChild, String(number));
}

// SVG elements, made by calls.
// Rule: like in basics.js, what comes from others is only ever text. An attribute is written only
// when it is another one: most of a picture stays as it was.

const SVG = "http://www.w3.org/2000/svg";

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
