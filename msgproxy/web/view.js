// The views: "talk" and "inside", of which one is shown, as the address says (#inside).
// Rule: they are links, so the keyboard, the back button and a bookmark need nothing from here.

import { byId } from "./basics.js";

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
