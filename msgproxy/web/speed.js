// The speed: a slider, from real time to ten thousand times slower.
// Rule: it is logarithmic, as is what can be seen: a message crosses the proxy in some 400 µs, and
// a client that is behind takes a thousand times as long until it is cut off.

import { byId, readable } from "./basics.js";

export const ONE_MESSAGE = 5_000; // times slower: a message takes 2 or 3 seconds
export const MANY_MESSAGES = 10;

export const slowness = () => rounded(10 ** Number(byId("speed").value));

export function setSlowness(value) {
  byId("speed").value = Math.log10(value);
  showSlowness();
}

const rounded = (value) => Number(value.toPrecision(value < 10 ? 2 : 1));

function showSlowness() {
  const words = slowness() === 1 ? "real time" : `${readable(slowness())} × slower`;
  byId("slowness").textContent = words;
  byId("speed").setAttribute("aria-valuetext", words);
}

byId("speed").oninput = showSlowness;

setSlowness(ONE_MESSAGE);
