// What all files use: elements, numbers, the next frame, a command to copy, and what survives a
// reload.
// Rule: nothing in here knows this page. Whatever does has a file that is named after its idea.

const STAYS_COPIED = 2_500; // ms

export const byId = (id) => document.getElementById(id);

// The content goes in as text; there is no function here that takes markup.
export const create = (tag, className, textContent) =>
  Object.assign(document.createElement(tag), { className, textContent });

// Hide or show, and do not lose the focus: if it was in what is hidden, `next` gets it.
export function setHidden(element, isHidden, next) {
  if (isHidden && element.contains(document.activeElement)) next.focus();
  element.hidden = isHidden;
}

export const readable = (number) => number.toLocaleString("en");

// Returns a function that gets `work` done in the next frame: once, however often it is called.
export function oncePerFrame(work) {
  let isDue = false;
  const run = () => {
    isDue = false;
    work();
  };
  return () => {
    if (!isDue) requestAnimationFrame(run);
    isDue = true;
  };
}

// What survives a reload, under names that no other program at this address has. What cannot be
// stored, because that is forbidden or there is no room, lives as long as the page.
class Kept {
  #words = {};
  #storage;

  constructor(name) {
    this.#storage = () => globalThis[name];
  }

  get(key) {
    try {
      return this.#words[key] ?? this.#storage().getItem(`msgproxy.${key}`);
    } catch {
      return null;
    }
  }

  set(key, words) {
    this.#words[key] = words;
    try {
      this.#storage().removeItem(`msgproxy.${key}`); // it must not come back if there is no room
      this.#storage().setItem(`msgproxy.${key}`, words);
    } catch { /* then it is in #words alone */ }
  }
}

export const ofThisTab = new Kept("sessionStorage");
export const ofThisBrowser = new Kept("localStorage");

// A command to type, and the button that copies it. The button always helps: the clipboard exists
// only on https and on this very machine; elsewhere the command is selected, so that one key
// copies it.
export function offerCommand(place, button, command) {
  byId(place).textContent = command;
  byId(button).onclick = async () => {
    try {
      await navigator.clipboard.writeText(command);
      byId(button).textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(byId(place));
      byId(button).textContent = "Selected, now copy it";
    }
    setTimeout(() => {
      byId(button).textContent = "Copy";
    }, STAYS_COPIED);
  };
}
