/* What a player sees of a level: built once, then only changed.
   Rule: it shows a state of the graph and decides nothing; `on` says what a press means. */
"use strict";

Play.View = class {
  constructor(section, graph, on) {
    Object.assign(this, { section, graph, on });
    this.stage = section.querySelector(".level-stage");
    this.code = [...this.stage.querySelectorAll(".level-code")];
    this.build();
    const right = Play.make("div", { class: "level-side" }, this.shared, this.threads);
    const left = Play.make("div", { class: "level-codes" }, ...this.code);
    this.stage.append(
      this.goal, Play.make("div", { class: "level-grid" }, left, right),
      this.verdict, this.controls, this.history, this.mapBox, this.words, this.status,
    );
  }

  build() {
    const { make } = Play;
    this.goal = make("p", { class: "level-goal" });
    this.buildShared();
    this.buildThreads();
    this.buildVerdict();
    this.buildControls();
    this.buildHistory();
    this.mapBox = make("div", { class: "level-map-box", hidden: true });
    this.pre = make("pre", { tabindex: 0, role: "group", "aria-label": "the order as text" });
    this.words = make("details", { class: "level-words" },
      make("summary", {}, "This order as text"), this.pre);
    this.status = make("p", { class: "level-status", role: "status" });
  }

  buildShared() {
    const { make } = Play;
    this.values = this.graph.data.shared.map(() => make("dd", {}));
    this.owners = this.values.map(() => make("span", { class: "level-owner" }));
    const rows = this.graph.data.shared.map((name, i) =>
      make("div", {}, make("dt", {}, name, this.owners[i]), this.values[i]));
    this.shared = make("dl", { class: "level-shared" }, ...rows);
  }

  buildThreads() {
    const { make } = Play;
    this.go = this.graph.threads.map((name, thread) => {
      const line = make("code", {});
      const why = make("span", { class: "level-why" });
      const own = make("span", { class: "level-own" });
      const button = make("button", {
        type: "button", class: "level-go", style: `--t: var(--thread-${thread + 1})`,
        onclick: () => this.press(button, () => this.on.step(thread)),
      },
      make("span", { class: "level-who" }, make("kbd", {}, String(thread + 1)), ` ${name}`),
      line, why, own);
      return Object.assign(button, { parts: { line, why, own } });
    });
    this.threads = make("div", { class: "level-threads", role: "group", "aria-label": "Which thread goes next?" },
      ...this.go);
  }

  buildVerdict() {
    const { make } = Play;
    this.headline = make("p", { class: "level-headline" });
    this.told = make("div", { class: "level-told" });
    this.save = this.button("Back to where it could be saved", () => this.on.save());
    this.onward = this.button("Next level", () => this.on.onward());
    this.verdict = make("div", { class: "level-verdict", hidden: true },
      this.headline, this.told, make("div", { class: "level-choices" }, this.save, this.onward));
  }

  buildControls() {
    const { make } = Play;
    this.back = this.button("Back", () => this.on.back(), "b");
    this.restart = this.button("Restart", () => this.on.restart(), "r");
    this.hint = this.button("Show me", () => this.on.hint(), "s");
    this.claim = this.button("It cannot be broken", () => this.on.claim(), "c");
    this.link = this.button("Link to this order", () => this.on.link(), "l");
    this.controls = make("div", { class: "level-controls", role: "group", "aria-label": "Level" },
      this.back, this.restart, this.hint, this.claim, this.link);
  }

  button(text, press, key) {
    const { make } = Play;
    const hint = key ? [make("kbd", { "aria-hidden": "true" }, key.toUpperCase())] : [];
    const button = make("button", {
      type: "button", class: "level-button", onclick: () => this.press(button, press),
      ...(key ? { "aria-keyshortcuts": key } : {}),
    }, ...hint, text);
    return button;
  }

  press(button, act) { if (Play.isEnabled(button)) act(); }

  buildHistory() {
    const { make } = Play;
    const heads = this.graph.threads.map((name, thread) =>
      make("th", { scope: "col", style: `--t: var(--thread-${thread + 1})` }, name));
    this.rows = make("tbody", {});
    const head = make("tr", {}, make("th", { scope: "col" }, "step"), ...heads,
      make("th", { scope: "col", class: "level-then" }, "then"));
    const table = make("table", { class: "level-history" },
      make("caption", {}, "What was done. Press a step to go back to it."), make("thead", {}, head), this.rows);
    this.history = make("div", { class: "level-history-box", tabindex: 0, role: "group",
      "aria-label": "What was done", hidden: true }, table);
  }

  /* Show the last of these states, and how it came about. */
  update(order, nodes) {
    const node = nodes.at(-1);
    this.updateShared(node, nodes.at(-2), order.at(-1));
    this.updateThreads(node);
    this.updateCode(node);
    this.updateHistory(order, nodes);
    this.updateWords(order, nodes);
    Play.enable(this.back, order.length > 0);
    Play.enable(this.restart, order.length > 0);
    Play.enable(this.link, order.length > 0);
    this.map?.update(nodes);
  }

  updateShared(node, before, thread) {
    const old = before === undefined ? null : this.graph.shared(before);
    this.graph.shared(node).forEach(([, text], i) => {
      const hasChanged = old !== null && old[i][1] !== text;
      Play.write(this.values[i], text);
      Play.write(this.owners[i], hasChanged ? this.graph.threads[thread] : "");
      const row = this.values[i].parentElement;
      row.classList.toggle("is-changed", hasChanged);
      row.style.setProperty("--t", hasChanged ? `var(--thread-${thread + 1})` : "inherit");
    });
  }

  updateThreads(node) {
    this.go.forEach((button, thread) => {
      const standing = this.graph.thread(node, thread);
      const { line, why, own } = button.parts;
      Play.write(line, standing.hasEnded ? "" : `${standing.line}  ${this.graph.source(standing)}`);
      const ended = standing.why ? `died: ${standing.why}` : "has ended";
      Play.write(why, standing.hasEnded ? ended : standing.why);
      Play.write(own, standing.own);
      Play.enable(button, standing.next >= 0);
      button.classList.toggle("has-ended", standing.hasEnded);
      button.classList.toggle("has-died", standing.hasEnded && standing.why !== "");
    });
  }

  updateCode(node) {
    const marked = new Map();
    this.graph.all.forEach(thread => {
      const { hasEnded, block, line, end } = this.graph.thread(node, thread);
      if (hasEnded) return;
      for (let number = line; number <= end; number += 1) {
        const key = `${block}:${number}`;
        marked.set(key, [...(marked.get(key) || []), thread]);
      }
    });
    this.code.forEach((figure, block) => figure.querySelectorAll(".level-line").forEach(line => {
      const here = marked.get(`${block}:${line.dataset.line}`) || [];
      line.classList.toggle("is-next", here.length > 0);
      line.style.setProperty("--t", here.length ? `var(--thread-${here[0] + 1})` : "inherit");
      line.querySelector(".level-chips")?.remove();
      if (here.length) line.prepend(this.chips(here));
    }));
  }

  chips(threads) {
    const chips = threads.map(thread => Play.make("span", {
      style: `--t: var(--thread-${thread + 1})`, title: this.graph.threads[thread],
    }, String(thread + 1)));
    return Play.make("span", { class: "level-chips", "aria-hidden": "true" }, ...chips);
  }

  updateHistory(order, nodes) {
    Play.show(this.history, order.length > 0);
    while (this.rows.children.length > order.length) this.rows.lastElementChild.remove();
    order.forEach((thread, step) => {
      const row = this.rows.children[step];
      if (row?.dataset.step === `${nodes[step]}:${thread}`) return;
      const made = this.row(thread, step, nodes);
      if (row) row.replaceWith(made); else this.rows.append(made);
    });
    const red = order.findIndex((_, step) => this.graph.lost.has(nodes[step + 1]) && !this.graph.lost.has(nodes[step]));
    [...this.rows.children].forEach((row, step) => row.classList.toggle("is-red", this.isOver && step === red));
  }

  row(thread, step, nodes) {
    const { make } = Play;
    const standing = this.graph.thread(nodes[step], thread);
    const cells = this.graph.all.map(other => make("td", {}, ...(other === thread ? [make("button", {
      type: "button", class: "level-step", style: `--t: var(--thread-${thread + 1})`,
      "aria-label": `${this.graph.threads[thread]} ran ${standing.line}: ${this.graph.source(standing)}. Back to after this step`,
      onclick: () => this.on.backTo(step + 1),
    }, `${standing.line} `, make("code", {}, this.graph.source(standing)))] : [])));
    return make("tr", { "data-step": `${nodes[step]}:${thread}` },
      make("th", { scope: "row" }, String(step + 1)), ...cells,
      make("td", { class: "level-then" }, this.changes(nodes[step], nodes[step + 1])));
  }

  /* What a step changed, in words. */
  changes(before, after) {
    const old = this.graph.shared(before);
    const changed = this.graph.shared(after).filter(([, text], i) => text !== old[i][1]);
    return changed.map(([name, text]) => `${name} = ${text}`).join(", ");
  }

  updateWords(order, nodes) {
    const steps = order.map((thread, step) => {
      const standing = this.graph.thread(nodes[step], thread);
      return `${this.graph.threads[thread]} ${standing.line}: ${this.graph.source(standing)}`;
    });
    const list = order.map(thread => JSON.stringify(this.graph.threads[thread])).join(", ");
    Play.write(this.pre, [`order = [${list}]`, "", ...steps].join("\n"));
  }

  /* Say how it stands: `kind` is the colour of it, and the rest are paragraphs. */
  judge(kind, headline, paragraphs = []) {
    Play.show(this.verdict, Boolean(headline));
    this.verdict.dataset.kind = kind;
    Play.write(this.headline, headline);
    this.told.replaceChildren(...paragraphs.map(text => Play.make("p", {}, text)));
  }

  showMap() {
    if (!this.map) {
      this.map = new Play.Map(this.graph, node => this.on.goTo(node));
      const text = "Every state is a dot, and your order is the line. Squares are ends that break the promise; "
        + "what is pale red cannot be saved any more. Press a dot to go there.";
      this.mapBox.append(Play.make("p", {}, text), Play.make("div", { class: "scrolls", tabindex: 0, role: "group",
        "aria-label": "map" }, this.map.svg));
    }
    Play.show(this.mapBox, true);
  }

  say(text) { this.status.textContent = text; }

  /* A button that has just been hidden cannot keep the focus: the threads have it next. */
  keepFocus() {
    const active = document.activeElement;
    const isLost = active === document.body || (this.section.contains(active) && !active.checkVisibility());
    if (isLost && this.hadFocus) (this.go.find(Play.isEnabled) || this.restart).focus({ preventScroll: true });
  }
};
