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
