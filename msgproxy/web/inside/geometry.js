// The geometry of the picture: where everything is, for a width, a height and some lanes.
// Rule: nothing is drawn here. A place is named by its column and its lane, such as writer 2;
// only this file knows where that is, so a picture of another width needs no other script.

import { SLOTS } from "./dots.js";

// Where columns are, in parts of the width. A queue has two edges.
const WIDE = {
  source: 0.035, reader: 0.165, inbound: [0.25, 0.41], broker: 0.49, outbound: [0.575, 0.735],
  writer: 0.81, client: 0.875,
};
const NARROW = {
  source: 0, reader: 0.08, inbound: [0.19, 0.37], broker: 0.48, outbound: [0.59, 0.8],
  writer: 0.9, client: 1,
};
const NARROW_BELOW = 700;
const TOP = 62; // above the lanes, for the thread that accepts
const BOTTOM = 14; // below them
const LARGEST = 2.6; // times: on a projector, text and all are larger
const LARGEST_DOT = 8; // px
const LANES = 12; // are drawn at the most
const FEWEST = 4; // and at the least: you, the slow one, the one that speaks, and all others
const LEAST_PITCH = 46; // px from lane to lane

export class Geometry {
  constructor(width, height) {
    this.scale = Math.max(1, Math.min(width / 1_150, height / 470, LARGEST));
    this.width = Math.max(width / this.scale, 280);
    this.isNarrow = this.width < NARROW_BELOW;
    this.columns = this.isNarrow ? NARROW : WIDE;
    this.queueHeight = this.isNarrow ? 22 : 30;
    const [left, right] = this.edges("outbound");
    this.dotRadius = Math.min(LARGEST_DOT, ((right - left) / SLOTS) * 0.45); // side by side
    this.room = height / this.scale;
    const fitting = Math.floor((this.room - TOP - BOTTOM) / LEAST_PITCH);
    this.capacity = Math.max(FEWEST, Math.min(LANES, fitting));
  }

  // `folded` is how many clients share the last lane.
  arrange(lanes, folded) {
    this.drawn = lanes;
    this.rows = lanes.length + (folded > 0 ? 1 : 0);
    const lines = Math.max(this.rows, 3);
    this.pitch = Math.min(128, Math.max(LEAST_PITCH, (this.room - TOP - BOTTOM) / lines));
    this.height = TOP + BOTTOM + this.pitch * lines;
  }

  x(column) {
    const parts = this.columns[column];
    return this.width * (Array.isArray(parts) ? (parts[0] + parts[1]) / 2 : parts);
  }

  edges(column) {
    return this.columns[column].map((part) => part * this.width);
  }

  get middle() {
    return (TOP + this.height - BOTTOM) / 2;
  }

  // Of a lane; those that have none of their own share the one below the last.
  y(lane) {
    const row = this.drawn.indexOf(lane);
    const before = (this.height - TOP - BOTTOM - this.rows * this.pitch) / 2;
    return TOP + before + this.pitch * ((row < 0 ? this.drawn.length : row) + 0.5);
  }

  at({ column, lane, place = 0 }) {
    const y = ["inbound", "broker"].includes(column) ? this.middle : this.y(lane);
    if (column === "accept" || column === "MainThread") return { x: this.x("reader"), y: 26 };
    if (column !== "inbound" && column !== "outbound") return { x: this.x(column), y };
    const [left, right] = this.edges(column);
    const slot = (right - left) / SLOTS;
    return { x: right - slot * (Math.min(place, SLOTS - 1) + 0.5), y };
  }

  // On the way between two places, along the line that is drawn there. It is straight in a queue.
  between(here, there, part) {
    const from = this.at(here);
    const to = this.at(there);
    const isQueue = there.column === "inbound" || there.column === "outbound";
    const entry = isQueue ? this.edges(there.column)[0] : to.x;
    const bent = from.x < entry ? (entry - from.x) / (to.x - from.x) : 0; // how much of the way
    if (part >= bent) return { x: from.x + (to.x - from.x) * part, y: to.y };
    const along = part / bent;
    return {
      x: from.x + (entry - from.x) * (1.5 * along - 1.5 * along ** 2 + along ** 3),
      y: from.y + (to.y - from.y) * (3 * along ** 2 - 2 * along ** 3),
    };
  }
}

// The line between two points, with the same curve as the way along it.
export function curve(from, to) {
  const half = (from.x + to.x) / 2;
  return `M${from.x} ${from.y}C${half} ${from.y} ${half} ${to.y} ${to.x} ${to.y}`;
}
