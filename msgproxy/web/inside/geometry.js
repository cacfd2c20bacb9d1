// The geometry of the picture: where everything stands, in pixels, for a width and some lanes.
// Rule: nothing is drawn here. A place is named by its column and its lane, such as writer 2;
// only this file knows where that is, so a picture of another width needs no other script.

export const LANES = 12; // drawn at the most; whoever comes after them is in one lane, as a number

// Where columns stand, in parts of the width. A queue has two edges.
const WIDE = {
  source: 0.03, reader: 0.15, inbound: [0.25, 0.41], broker: 0.49, outbound: [0.575, 0.735],
  writer: 0.8, client: 0.86,
};
const NARROW = {
  source: 0, reader: 0.08, inbound: [0.19, 0.37], broker: 0.48, outbound: [0.59, 0.8],
  writer: 0.9, client: 1,
};
const NARROW_BELOW = 760;
const TOP = 62; // above the lanes, for the thread that accepts
const BOTTOM = 46; // below them, for the names of the columns
export const SLOTS = 6; // of a queue, in which messages can be told apart

export class Geometry {
  constructor(width, height, lanes) {
    this.width = Math.max(width, 300);
    this.isNarrow = width < NARROW_BELOW;
    this.columns = this.isNarrow ? NARROW : WIDE;
    this.drawn = lanes.slice(0, LANES);
    this.more = lanes.length - this.drawn.length;
    this.rows = this.drawn.length + (this.more > 0 ? 1 : 0);
    this.pitch = Math.min(128, Math.max(46, (height - TOP - BOTTOM) / Math.max(this.rows, 3)));
    this.height = TOP + BOTTOM + this.pitch * Math.max(this.rows, 3);
    this.queueHeight = this.isNarrow ? 22 : 30;
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
