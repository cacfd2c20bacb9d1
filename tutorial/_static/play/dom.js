/* Elements of the page, made and changed. Rule: what has the focus is changed, never replaced. */
"use strict";

Play.SVG = "http://www.w3.org/2000/svg";

/* make("button", {class: "x", onclick: f}, "text", other) */
Play.make = (name, attributes = {}, ...children) => {
  const [, kind, tag] = /^(svg:)?(.*)$/.exec(name);
  const element = kind ? document.createElementNS(Play.SVG, tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

/* Change a text only if it differs: a screen reader announces what is written anew. */
Play.write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

Play.show = (element, isShown) => { element.hidden = !isShown; };

/* A button stays where it is and keeps the focus; one that cannot be pressed says so. */
Play.enable = (button, isPossible) => {
  button.setAttribute("aria-disabled", String(!isPossible));
};

Play.isEnabled = button => button.getAttribute("aria-disabled") !== "true" && !button.hidden;

/* What has been won is kept in the browser, where that is allowed; else until the page is left. */
Play.store = {
  key: "msgproxy-levels",
  memory: null, // what could not be stored
  read() {
    if (this.memory) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.key)) || {};
    } catch {
      return {};
    }
  },
  write(won) {
    try {
      if (Object.keys(won).length) localStorage.setItem(this.key, JSON.stringify(won));
      else localStorage.removeItem(this.key);
      this.memory = null;
    } catch {
      this.memory = won;
    }
    document.dispatchEvent(new CustomEvent("play:won"));
  },
  has(id) { return id in this.read(); },
  add(id) { if (!this.has(id)) this.write({ ...this.read(), [id]: true }); },
  forget() { this.write({}); },
};
