// The view "inside": what goes on in the server, drawn as it happened, in slow motion.
// Rule: this file brings the others together, and it works only while it can be seen. Hops come in
// at the trace, wait in the replay, and reach the cast and the picture when their moment is due.

import { Cast } from "./actors.js";
import {
  addMissed, addNote, addPassedOver, caption, forgetTallies, microseconds,
} from "./captions.js";
import {
  canBeSlow, joinAndReadNothing, MANY_MESSAGES, sayMany, setSlowness, slowness,
} from "./controls.js";
import { areMoving, clearFlights, inSight, plan } from "./flights.js";
import { LANES } from "./geometry.js";
import { Replay } from "./replay.js";
import { drawScene } from "./scene.js";
import { byId } from "../shared/dom.js";
import { watch, watchNoMore } from "./trace.js";

const JOURNEY = 450; // ms of the replay in which a message gets from one place to the next
const LONGEST_FRAME = 100; // ms: after a pause the replay goes on where it was
const FIRST_WORDS = 40; // characters of a message that the trace tells

let cast = new Cast();
let isShown = false;
let frame = null; // the next one, while there is anything to see
let lastFrame = 0;
let lanes = [];
let own = null; // the number of this tab's own client, once it is known
let ownWords = "";

const replay = new Replay({
  soon: (hop) => addPassedOver(plan(hop, (lane) => lanes.slice(0, LANES).includes(lane))),
  due: play,
  passedOver: pass,
  isMoving: (now) => areMoving(now, replay.nsOf(JOURNEY)),
});

const listener = {
  watching() {
    forget();
    blind("");
  },
  hops(hops, lost) {
    addMissed(lost);
    for (const hop of hops) recogniseOwn(hop);
    replay.feed(hops);
  },
  counts: (counts) => cast.count(counts, replay.isIdle),
  lost: (milliseconds) =>
    blind(`No view of the server. Trying again in ${Math.ceil(milliseconds / 1_000)} s.`),
  off: () => blind("Nothing to see: this server runs with --no-trace."),
};

export function startInside({ tell, send, unsent }) {
  byId("hello").onclick = () => tell("hello");
  byId("many").onclick = async ({ target }) => {
    target.disabled = true;
    setSlowness(MANY_MESSAGES); // else it would take an hour
    if (tell("Here come 1,000 messages of 32 KiB.")) await sayMany({ send, unsent });
    target.disabled = false;
  };
  document.onvisibilitychange = update;
  return { show, noteOwn, forgetOwn };
}

function show(view) {
  isShown = view === "inside";
  update();
}

function update() {
  const isInSight = isShown && !document.hidden;
  if (isInSight) watch(listener);
  else watchNoMore();
  cancelAnimationFrame(frame);
  if (isInSight) frame = requestAnimationFrame(runFrame);
}

function forget() {
  cast = new Cast();
  replay.clear();
  clearFlights();
  forgetTallies();
}

function runFrame(time) {
  replay.slowness = slowness();
  replay.advance(Math.min(time - lastFrame, LONGEST_FRAME));
  lastFrame = time;
  lanes = cast.lanes();
  drawScene(cast, lanes, inSight(replay.now, replay.nsOf(JOURNEY), lanes), own);
  byId("clock").textContent = `+${microseconds(Math.max(0, replay.now - replay.zero))}`;
  frame = requestAnimationFrame(runFrame);
}

function play(hop) {
  const note = cast.apply(hop);
  if (note) addNote(note);
  const { thread, act, items, queue } = hop;
  byId("scene").dataset.hop = [thread, act, queue, ...items].join(" ");
  caption(hop, replay.zero);
}

// What follows from them is true all the same: how deep queues are, and who has gone.
function pass(hops) {
  clearFlights();
  for (const hop of hops) {
    const note = cast.apply(hop);
    if (note) addNote(note);
  }
  const received = hops.filter(({ act }) => act === "received");
  addPassedOver(received.reduce((sum, { items }) => sum + items.length, 0));
}

// The server tells no client its number, since nobody needs it. But who has just said something
// knows its own words again: they begin with a name that no other tab has.
function recogniseOwn({ act, text, items }) {
  if (act === "received" && ownWords && text === ownWords) own = Number(items[0].split(".")[0]);
}

function noteOwn(data) {
  ownWords = [...data].slice(0, FIRST_WORDS).join("");
}

function forgetOwn() {
  own = null;
  ownWords = "";
}

function blind(why) {
  byId("blind").textContent = why;
  byId("blind").hidden = why === "";
}

if (canBeSlow) {
  byId("join-slow").onclick = joinAndReadNothing;
} else {
  byId("join-slow").disabled = true;
  byId("join-slow").title = "This browser always reads. In a terminal: msgproxy chat, then Ctrl-Z";
}
