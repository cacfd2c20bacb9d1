/* The player of one level: what was done, what a press means, and when it is won.
   Rule: a level is won by what the learner finds, not by what was shown. */
"use strict";

Play.Player = class {
  constructor(section) {
    this.section = section;
    this.data = JSON.parse(section.querySelector("script").textContent);
    this.graph = new Play.Graph(this.data);
    this.order = [];
    this.forget();
    this.isDecide = this.data.kind === "decide";
    // Where most orders break the promise, pressing anything would win: so one that keeps it, too.
    this.needsKept = !this.isDecide && 2 * this.data.broken > this.data.orders;
    const names = ["step", "back", "backTo", "restart", "hint", "claim", "link", "save", "goTo", "onward"];
    this.view = new Play.View(section, this.graph,
      Object.fromEntries(names.map(name => [name, (...given) => this.act(name, given)])));
    section.addEventListener("keydown", event => this.onKey(event));
    section.querySelector(".level-answer").hidden = true;
    section.classList.add("is-played");
    document.addEventListener("play:won", () => this.showWon());
    this.showWon();
    this.show();
  }

  /* As if nothing had been found here yet. */
  forget() {
    this.found = { broken: false, kept: false };
    this.isHelped = this.isClaimed = this.hasPlayed = false;
  }

  get id() { return this.data.id; }

  get nodes() { return this.graph.walk(this.order); }

  get node() { return this.nodes.at(-1); }

  act(name, given) {
    this.view.hadFocus = this.section.contains(document.activeElement);
    this[name](...given);
    this.view.keepFocus();
  }

  /* Keys work while the focus is in the level: 1 to 4, and one letter for each control. */
  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const controls = { b: "back", r: "restart", s: "hint", c: "claim", l: "link" };
    const button = this.view.go[Number(key) - 1] || this.view[controls[key]];
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  // What a press means.

  step(thread) { this.take([...this.order, thread]); }

  back() { this.take(this.order.slice(0, -1)); }

  backTo(step) { this.take(this.order.slice(0, step)); }

  restart() {
    this.isHelped = false;
    this.take([]);
  }

  goTo(node) {
    this.isHelped = true;
    this.take(this.graph.wayTo(node));
  }

  /* The first step of the shortest way to a failure. */
  hint() {
    const way = this.graph.wayToFailure(this.node);
    if (way === null) {
      this.view.judge("neutral", "From here nothing breaks it any more. Go back a few steps.");
      this.view.say("From here nothing breaks it any more.");
    } else if (way.length) {
      this.isHelped = true;
      this.take([...this.order, way[0]]);
    }
  }

  save() {
    const nodes = this.nodes;
    this.take(this.order.slice(0, nodes.findIndex(node => this.graph.lost.has(node)) - 1));
  }

  claim() {
    if (this.data.broken) {
      this.isHelped = true;
      this.isClaimed = true;
      this.take(this.graph.wayToFailure(0));
    } else {
      this.isClaimed = true;
      Play.store.add(this.id);
      this.show();
    }
  }

  link() {
    const order = this.order.map(thread => thread + 1).join("");
    history.replaceState(null, "", `#${this.id}=${order}`);
    const said = "The address of this page now leads to this order.";
    this.view.say(said);
    Play.write(this.view.link.lastChild, "Link to this order ✓");
    navigator.clipboard?.writeText(location.href).catch(() => {});
  }

  onward() {
    document.dispatchEvent(new CustomEvent("play:onward", { detail: this.id }));
  }

  /* Go by an order: of a link, or of a press. */
  take(order) {
    this.order = order.slice(0, this.graph.walk(order).length - 1);
    Play.write(this.view.link.lastChild, "Link to this order");
    if (this.graph.isEnd(this.node)) {
      const isBroken = this.graph.failure(this.node) !== "";
      if (!this.isHelped) this.found[isBroken ? "broken" : "kept"] = true;
      this.hasPlayed = true;
      if (this.found.broken && (this.found.kept || !this.needsKept)) Play.store.add(this.id);
    }
    this.show();
  }

  // What is shown.

  show() {
    const { view, graph, node } = this;
    view.isOver = graph.isEnd(node);
    view.update(this.order, this.nodes);
    Play.write(view.goal, this.goal());
    Play.show(view.claim, this.isDecide);
    Play.enable(view.claim, this.hasPlayed);
    // In a level to decide on, to be shown a failure would be the answer.
    Play.show(view.hint, !this.isDecide || (this.isClaimed && this.data.broken > 0));
    Play.enable(view.hint, !view.isOver);
    Play.show(view.save, view.isOver && graph.lost.has(node) && !graph.lost.has(0));
    Play.show(view.onward, Play.store.has(this.id) && Play.hasOnward?.(this.id));
    this.judge();
    if (this.isAnswered) {
      view.showMap();
      view.map.update(this.nodes);
    }
    view.say(this.spoken());
  }

  get isAnswered() { return this.isClaimed || (this.hasPlayed && Play.store.has(this.id)); }

  goal() {
    if (this.isDecide) {
      const how = this.hasPlayed ? "" : " You can claim it once you have played one order to its end.";
      return `Find an order that breaks the promise, or claim that there is none.${how}`;
    }
    if (!this.needsKept) return "Find an order that breaks the promise.";
    const [broken, kept] = [this.found.broken, this.found.kept].map(is => (is ? "✓" : "○"));
    return `Find one order that breaks the promise ${broken} and one that keeps it ${kept}`;
  }

  judge() {
    const failure = this.graph.failure(this.node);
    if (this.isClaimed && !this.data.broken) this.view.judge("won", "You are right: it cannot be broken.", this.proof());
    else if (!this.graph.isEnd(this.node)) this.view.judge("", "");
    else if (failure) this.view.judge("broken", `Broken: ${failure}.`, this.lesson());
    else this.view.judge("kept", "Kept, this time.", this.keptText());
  }

  lesson() {
    if (this.isClaimed && !this.found.broken) {
      return [`It can be broken: this order does it. ${this.data.lesson}`, this.alone()];
    }
    if (this.isHelped && !Play.store.has(this.id)) {
      return ["That is how. Restart, and find it without help: then the level is won."];
    }
    if (!Play.store.has(this.id)) return [this.data.lesson, "Now find an order that keeps the promise."];
    return [this.data.lesson, this.alone()];
  }

  keptText() {
    if (Play.store.has(this.id) && this.found.broken) return [this.data.lesson, this.alone()];
    if (this.isDecide) return ["Is it so in every order?"];
    return ["Another order may break it."];
  }

  proof() {
    const number = value => value.toLocaleString("en");
    const { steps, orders, lesson } = this.data;
    const ends = this.graph.ends.size;
    return [
      `Real threads took every step that there is: ${number(steps)} steps between ${number(this.graph.size)} states, `
        + `${number(orders)} orders. All lead to ${ends === 1 ? "one end" : `${ends} ends`}, and in `
        + `${ends === 1 ? "it" : "each of them"} the promise is kept. (For this scene, with a line as the smallest step.)`,
      lesson, this.alone(),
    ];
  }

  /* How it went when nobody decided. */
  alone() {
    const [runs, kept] = this.data.alone.map(value => value.toLocaleString("en"));
    const left = "Left alone, the same file";
    if (runs === kept && !this.data.broken) return `${left} kept its promise ${runs} times out of ${runs}, too. But only now you know why.`;
    const you = this.isHelped || !this.graph.failure(this.node) ? "" : `You needed ${this.order.length} steps. `;
    if (runs === kept) return `${you}${left} kept its promise ${runs} times out of ${runs}, when this page was built.`;
    if (kept === "0") return `${left} never kept its promise, in ${runs} runs, when this page was built: here the bad order is the usual one.`;
    if (!this.data.broken) return `${left} kept its promise in ${kept} of ${runs} runs, when this page was built. The others did not end in time.`;
    return `${left} kept its promise in only ${kept} of ${runs} runs, when this page was built.`;
  }

  /* For those who listen: what the last step did, and how it stands. */
  spoken() {
    if (!this.view.verdict.hidden) return `${this.view.headline.textContent} ${this.view.told.textContent}`;
    const thread = this.order.at(-1);
    if (thread === undefined) return "";
    const changed = this.view.changes(this.nodes.at(-2), this.node);
    return `${this.graph.threads[thread]} took a step. ${changed}`;
  }

  showWon() { this.section.classList.toggle("is-won", Play.store.has(this.id)); }
};
