/* All levels of a page: found, made playable, and on the page with all of them, chosen from.
   Rule: without this file the page is complete, only not playable. */
"use strict";

Play.Choice = class {
  constructor(box, players) {
    Object.assign(this, { box, players });
    this.cards = players.map((player, number) => this.card(player, number));
    this.count = Play.make("p", { class: "levels-count" });
    this.forget = Play.make("button", { type: "button", class: "level-button", onclick: () => this.onForget() },
      "Forget what I have won");
    const nav = Play.make("nav", { class: "levels-choice", "aria-label": "Levels" },
      Play.make("ol", {}, ...this.cards), Play.make("div", { class: "levels-foot" }, this.count, this.forget));
    box.prepend(nav);
    Play.hasOnward = id => this.after(id) !== undefined;
    document.addEventListener("play:won", () => this.update());
    document.addEventListener("play:onward", event => this.choose(this.after(event.detail).id, true));
    this.choose((players.find(player => !Play.store.has(player.id)) || players[0]).id);
    this.update();
  }

  card(player, number) {
    const { make } = Play;
    const { title, chapter, kind } = player.data;
    const link = make("a", { href: `#${player.id}`, onclick: event => this.onChoose(event, player.id) },
      make("span", { class: "levels-number" }, String(number + 1)),
      make("span", { class: "levels-title" }, title),
      make("span", { class: "levels-chapter" }, kind === "decide" ? `${chapter} · decide` : chapter),
      make("span", { class: "levels-won" }));
    return make("li", {}, link);
  }

  onChoose(event, id) {
    event.preventDefault();
    history.replaceState(null, "", `#${id}`);
    this.choose(id, true);
  }

  onForget() {
    Play.store.forget();
    for (const player of this.players) {
      player.forget();
      player.restart();
    }
    Play.write(this.count, "Forgotten. Nothing is won yet.");
  }

  after(id) { return this.players[this.players.findIndex(player => player.id === id) + 1]; }

  /* Show one level, and hide the others. */
  choose(id, isWanted = false) {
    this.chosen = id;
    this.players.forEach((player, number) => {
      const isChosen = player.id === id;
      Play.show(player.section, isChosen);
      const link = this.cards[number].firstElementChild;
      if (isChosen) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      if (isChosen && isWanted) {
        player.show();
        player.section.scrollIntoView({ block: "start" });
        player.view.go.find(Play.isEnabled)?.focus({ preventScroll: true });
      }
    });
  }

  update() {
    const won = this.players.filter(player => Play.store.has(player.id));
    Play.write(this.count, `${won.length} of ${this.players.length} won. This is kept in your browser, and nowhere else.`);
    Play.show(this.forget, true);
    this.players.forEach((player, number) => {
      const isWon = Play.store.has(player.id);
      this.cards[number].classList.toggle("is-won", isWon);
      Play.write(this.cards[number].querySelector(".levels-won"), isWon ? "✓ won" : "");
    });
  }
};

/* A link such as #two_join=1212 leads to a level, and to an order of its threads. */
Play.follow = players => {
  const [, id, order] = /^#(\w+)(?:=(\d*))?$/.exec(location.hash) || [];
  const player = players.find(one => one.id === id);
  if (!player) return;
  Play.choice?.choose(id);
  if (order !== undefined) {
    player.isHelped = true; // it was given, not found
    player.take([...order].map(digit => Number(digit) - 1).filter(thread => thread >= 0));
  }
  player.section.scrollIntoView({ block: "start" });
};

(() => {
  const players = [...document.querySelectorAll("section.level")].map(section => new Play.Player(section));
  const box = document.querySelector(".levels");
  if (box) Play.choice = new Play.Choice(box, players);
  Play.players = players;
  Play.follow(players);
  window.addEventListener("hashchange", () => Play.follow(players));
})();
