/* The map of a level: every state a dot, every step a line, from the start on the left to the ends.
   Rule: it says with positions what the text says with numbers. Kept ends are round and at the
   right edge; broken ones are square and where they happened. */
"use strict";

Play.Map = class {
  constructor(graph, goTo) {
    this.graph = graph;
    this.places = Play.Map.layout(graph);
    const { make } = Play;
    this.lines = make("svg:g", { class: "level-map-steps" });
    this.path = make("svg:polyline", { class: "level-map-path" });
    this.dots = make("svg:g");
    this.here = make("svg:circle", { class: "level-map-here", r: 7 });
    const { width, height } = this.places;
    this.svg = make("svg:svg", {
      class: "level-map", viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": this.describe(),
    }, this.lines, this.path, this.dots, this.here);
    this.svg.style.maxWidth = `${width * 1.5}px`;
    this.draw(goTo);
  }

  describe() {
    const { orders, broken } = this.graph.data;
    return `Map of all ${this.graph.size} states. Of ${orders} orders, ${broken} break the promise.`;
  }

  draw(goTo) {
    this.places.at.forEach(([x, y], node) => {
      for (const next of this.graph.next(node).filter(after => after >= 0)) {
        const [endX, endY] = this.places.at[next];
        const lost = this.graph.lost.has(next) ? "is-lost" : "";
        this.lines.append(Play.make("svg:line", { x1: x, y1: y, x2: endX, y2: endY, class: lost }));
      }
      const dot = this.dot(node, x, y);
      dot.addEventListener("click", () => goTo(node));
      this.dots.append(dot);
    });
  }

  dot(node, x, y) {
    const lost = this.graph.lost.has(node) ? " is-lost" : "";
    if (!this.graph.isEnd(node)) {
      return Play.make("svg:circle", { cx: x, cy: y, r: 2.6, class: `level-map-dot${lost}` });
    }
    const failure = this.graph.failure(node);
    const title = Play.make("svg:title", {}, failure || "kept");
    return failure
      ? Play.make("svg:rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, class: "level-map-broken" }, title)
      : Play.make("svg:circle", { cx: x, cy: y, r: 5.5, class: "level-map-kept" }, title);
  }

  update(nodes) {
    const at = nodes.map(node => this.places.at[node]);
    this.path.setAttribute("points", at.map(place => place.join(",")).join(" "));
    this.here.setAttribute("cx", at.at(-1)[0]);
    this.here.setAttribute("cy", at.at(-1)[1]);
  }

  static layout(graph) {
    const depth = graph.depths();
    const last = Math.max(...depth);
    graph.ends.forEach((text, node) => { if (text < 0) depth[node] = last; });
    const layers = Array.from({ length: last + 1 }, () => []);
    depth.forEach((number, node) => layers[number].push(node));
    Play.Map.untangle(graph, layers);
    const tallest = Math.max(...layers.map(layer => layer.length));
    const [gapX, gapY] = [Math.max(16, Math.min(44, 620 / (last + 1))), tallest > 24 ? 11 : 15];
    const height = Math.max(60, tallest * gapY + 16);
    const at = [];
    layers.forEach((layer, column) => layer.forEach((node, row) => {
      at[node] = [Math.round(12 + column * gapX), Math.round(height / 2 + (row - (layer.length - 1) / 2) * gapY)];
    }));
    return { at, width: Math.round(24 + last * gapX), height: Math.round(height) };
  }

  /* Put each state beside those that it comes from, and then beside those that it leads to. */
  static untangle(graph, layers) {
    const row = new Map();
    const note = layer => layer.forEach((node, place) => row.set(node, place - layer.length / 2));
    layers.forEach(note);
    const before = new Map();
    graph.data.nodes.forEach((_, node) => graph.next(node).forEach(next => {
      if (next >= 0) before.set(next, [...(before.get(next) || []), node]);
    }));
    const middle = nodes => nodes.reduce((sum, node) => sum + row.get(node), 0) / (nodes.length || 1);
    const sort = (layer, neighbours) => {
      const wish = new Map(layer.map(node => [node, middle(neighbours(node))]));
      layer.sort((a, b) => wish.get(a) - wish.get(b) || a - b);
      note(layer);
    };
    for (let round = 0; round < 4; round += 1) {
      layers.forEach(layer => sort(layer, node => before.get(node) || []));
      [...layers].reverse().forEach(layer => sort(layer, node => graph.next(node).filter(n => n >= 0)));
    }
  }
};
