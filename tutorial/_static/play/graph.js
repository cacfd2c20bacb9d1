/* The graph of a level: its states and the steps between them, as real threads took them when
   the page was built. Rule: nothing here knows the page, and nothing here knows Python.

   Threads are numbers, in the order of `threads`. A node is a list: for each thread four numbers
   (stop, why not, own variables, next node), then a text for each shared name. -1 is none. */
"use strict";

window.Play = {};

Play.Graph = class {
  constructor(data) {
    this.data = data;
    this.threads = data.threads;
    this.all = data.threads.map((_, thread) => thread);
    this.ends = new Map(Object.entries(data.ends).map(([node, text]) => [Number(node), text]));
    this.lost = this.findLost();
  }

  get size() { return this.data.nodes.length; }

  /* What a thread does in a state: its next line, why it cannot go, what it knows. */
  thread(node, thread) {
    const [stop, why, own, next] = this.data.nodes[node].slice(4 * thread, 4 * thread + 4);
    const [block, line, end, label] = stop < 0 ? [] : this.data.stops[stop];
    return {
      hasEnded: stop < 0, block, line, end, label: label || "",
      why: this.text(why), own: this.text(own), next,
    };
  }

  source({ block, line, label }) {
    const [, text] = this.data.code[block].lines.find(([number]) => number === line) || [0, ""];
    return label ? `${text.trim()} (${label})` : text.trim();
  }

  shared(node) {
    const start = 4 * this.threads.length;
    return this.data.shared.map((name, i) => [name, this.text(this.data.nodes[node][start + i])]);
  }

  text(place) { return place < 0 ? "" : this.data.texts[place]; }

  next(node) { return this.all.map(thread => this.thread(node, thread).next); }

  isEnd(node) { return this.ends.has(node); }

  /* How the promise was broken; "" if it was kept, or if this is no end. */
  failure(node) { return this.isEnd(node) ? this.text(this.ends.get(node)) : ""; }

  /* The states of an order, the first one included. It stops before a step that is impossible. */
  walk(order) {
    const nodes = [0];
    for (const thread of order) {
      const { next } = thread < this.threads.length ? this.thread(nodes.at(-1), thread) : { next: -1 };
      if (next < 0) break;
      nodes.push(next);
    }
    return nodes;
  }

  /* The shortest order from one state to the first that fits; null if there is none. */
  way(from, fits) {
    const came = new Map([[from, null]]);
    for (const node of came.keys()) { // a Map also goes through what is added meanwhile
      if (fits(node)) return this.wayBack(came, node);
      this.next(node).forEach((next, thread) => {
        if (next >= 0 && !came.has(next)) came.set(next, [node, thread]);
      });
    }
    return null;
  }

  wayBack(came, node) {
    const order = [];
    for (let step = came.get(node); step; step = came.get(step[0])) order.unshift(step[1]);
    return order;
  }

  wayToFailure(from) { return this.way(from, node => this.failure(node) !== ""); }

  wayTo(to) { return this.way(0, node => node === to); }

  /* Nodes after all that lead to them, which the numbers are not: those are breadth first. */
  sorted() {
    const coming = new Array(this.size).fill(0);
    const edges = this.data.nodes.map((_, node) => this.next(node).filter(next => next >= 0));
    edges.flat().forEach(next => { coming[next] += 1; });
    const order = [0];
    for (const node of order) {
      for (const next of edges[node]) if (!(coming[next] -= 1)) order.push(next);
    }
    return order;
  }

  /* The states from which every order breaks the promise. */
  findLost() {
    const lost = new Set();
    for (const node of this.sorted().reverse()) {
      const next = this.next(node).filter(after => after >= 0);
      if (this.failure(node) || (next.length && next.every(after => lost.has(after)))) lost.add(node);
    }
    return lost;
  }

  /* For each state the most steps that lead to it. */
  depths() {
    const depth = new Array(this.size).fill(0);
    for (const node of this.sorted()) {
      for (const next of this.next(node)) if (next >= 0) depth[next] = Math.max(depth[next], depth[node] + 1);
    }
    return depth;
  }
};
