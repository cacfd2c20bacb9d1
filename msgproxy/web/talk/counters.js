// The counters: how many messages and bytes this tab has sent and received.
// Rule: bytes are those of the content, as UTF-8; what the protocol adds to it does not count.

import { byId, oncePerFrame, readable } from "../shared/dom.js";

const counters = {
  sent: { messages: 0, bytes: 0 },
  received: { messages: 0, bytes: 0 },
};

const size = new Intl.NumberFormat("en", {
  style: "unit",
  unit: "byte",
  unitDisplay: "narrow",
  notation: "compact",
});

export function countMessage(direction, data) {
  counters[direction].messages += 1;
  counters[direction].bytes += lengthOf(data);
  showSoon();
}

const lengthOf = (data) =>
  typeof data === "string" ? new TextEncoder().encode(data).length : data.byteLength;

const showSoon = oncePerFrame(() => {
  for (const [direction, { messages, bytes }] of Object.entries(counters)) {
    if (byId(direction).textContent !== readable(messages)) light(direction);
    byId(direction).textContent = readable(messages);
    byId(`${direction}-bytes`).textContent = size.format(bytes);
  }
});

// The map: a light runs along the lines that a message takes.
// Rule: no more than one light per line. Under load it stands for many messages.

const LIGHT = { strokeDashoffset: [14, -100] }; // from before the start of a line to past its end

export function light(direction) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const route of document.querySelectorAll(`.route.${direction} path`)) {
    const isDark = route.getAnimations().length === 0;
    if (isDark) route.animate(LIGHT, { duration: 1_100, easing: "ease-in-out" });
  }
}
