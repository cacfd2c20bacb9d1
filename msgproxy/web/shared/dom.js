// What all files use: elements, numbers, the next frame, a command to copy, and what survives a
// reload.
// Rule: nothing in here knows this page. Whatever does has a file that is named after its idea.

const STAYS_COPIED = 2_500; // ms

export const byId = (id) => document.getElementById(id);

// The content goes in as text; there is no function here that takes markup.
export const create = (tag, className, textContent) =>
  Object.assign(document.createElement(tag), { className, textContent });

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

function storage(name) {
  try {
    return globalThis[name];
  } catch {
    return {}; // forbidden here: then what is kept lives as long as the page
  }
}

// Of this tab only: another one has another name.
export const kept = storage("sessionStorage");

// Of this browser.
export const keptForGood = storage("localStorage");

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
