// The state of the connection, as the page shows it: a word, a countdown, and what went wrong.
// Rule: a screen reader hears of changes, not of every second. So the countdown is not a part of
// the word that is read out, and the word is written only when it is another one.

import { byId, setHidden } from "./dom.js";

const REASONS = {
  1001: "The server stopped",
  1006: "The connection broke off",
  1009: "The last message was too big for the server, and nobody got it",
  1011: "The server ran into an error",
  1013: "This tab was too slow to keep up and was cut off",
};

export function showState(state, countdown = "") {
  byId("countdown").textContent = countdown;
  if (document.body.dataset.state === state) return;
  document.body.dataset.state = state;
  byId("state").textContent = state;
  // And not `disabled`, which would lose the focus. They do nothing without a connection.
  for (const id of ["send", "hello", "many"]) byId(id).ariaDisabled = !isConnected();
  setHidden(byId("trouble"), isConnected(), byId("draft"));
}

export const isConnected = () => document.body.dataset.state === "connected";

export function showWaiting(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1_000);
  if (navigator.onLine) showState("reconnecting", ` in ${seconds} s`);
  else showState("offline", `, retry in ${seconds} s`);
}

export function showTrouble(why) {
  byId("why").textContent = why;
}

// The server's own words only where this page has none.
export function whyClosed({ code, reason, wasOpen }) {
  if (!wasOpen) return `No answer from the server (${code}).`;
  const detail = code === 1009 && reason ? `: ${reason}` : "";
  if (code in REASONS) return `${REASONS[code]} (${code}${detail}).`;
  return `The connection was closed (${[code, reason].filter(Boolean).join(", ")}).`;
}

// ---- The views: "talk" and "inside", of which one is shown, as the address says (#inside).
// Rule: they are links, so the keyboard, the back button and a bookmark need nothing from here.

const VIEWS = ["talk", "inside"]; // the first is the one that the plain address shows

let switched; // is told the name of the view that is shown from now on

export function startViews(itsSwitched) {
  switched = itsSwitched;
  showView();
}

function showView() {
  const shown = VIEWS.find((view) => location.hash === `#${view}`) ?? VIEWS[0];
  for (const view of VIEWS) {
    byId(view).hidden = view !== shown;
    const link = document.querySelector(`nav a[href="#${view}"]`);
    if (view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  switched(shown);
}

window.onhashchange = showView;
