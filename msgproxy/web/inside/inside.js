// The view "inside": what goes on in the server, drawn as it happened, in slow motion.
// Rule: this file brings those of its folder together, and it works only while it can be seen. Hops
// come in at the trace, wait on the tape, and are played by the replay. What is drawn then, all of
// it, is the moment that the tape is at.

import { Actors } from "./actors.js";
import {
  addNote, duration, LINES, sayAloud, showCaptions, showMissed,
} from "./captions.js";
import {
  addOneThatNeverReads, paceWords, rounded, sayMany, slowness,
} from "./controls.js";
import { areMoving, dotsAt } from "./dots.js";
import { Geometry } from "./geometry.js";
import { followGuide, startGuide } from "./guide.js";
import { laneOf } from "./moment.js";
import { JOURNEY, Replay } from "./replay.js";
import { diagramOf, lastMessage, lastSeconds, offer } from "./save.js";
import { drawScene, forgetLanes } from "./scene.js";
import { retext } from "./shapes.js";
import { TAB } from "../shared/connection.js";
import { byId, setHidden } from "../shared/dom.js";
import { watch, watchNoMore } from "./trace.js";

const LONGEST_FRAME = 250; // ms: after a pause of the browser the replay goes on where it was
const LATE = 3_000; // ms: from then on the page says how late it is

let replay = new Replay(play);
let actors = new Actors(TAB);
let isShown = false;
let frame = null; // the next one, while there is anything to see
let lastFrame = 0;
let missed = 0; // hops that the server told nobody

const listener = {
  watching() {
    forget();
    blind("");
  },
  hops(hops, lost) {
    missed += lost;
    replay.feed(hops, performance.now());
  },
  counts: (counts) => replay.feed([counts], performance.now()),
  lost: (milliseconds) =>
    blind("No view of the server. Trying again", ` in ${Math.ceil(milliseconds / 1_000)} s`),
  off: () => blind("Nothing to see: the server runs with --no-trace, or a proxy in front of it " +
    "does not pass on what this view asks for."),
};

export function startInside({ tell, send, unsent }) {
  byId("hello").onclick = () => tell("hello");
  byId("many").onclick = async ({ target }) => {
    if (target.ariaDisabled === "true") return;
    target.ariaDisabled = "true";
    if (tell("Here come 1,000 messages of 32 KiB.")) await sayMany({ send, unsent });
    target.ariaDisabled = byId("hello").ariaDisabled; // is there still a connection?
  };
  byId("join-slow").onclick = addOneThatNeverReads;
  document.onvisibilitychange = update;
  startTransport();
  startGuide();
  return { show };
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
  replay = Object.assign(new Replay(play), { isPaused: replay.isPaused });
  actors = new Actors(TAB);
  missed = 0;
  forgetLanes();
}

function runFrame(time) {
  const wall = performance.now();
  replay.slowness = slowness();
  const isMoving = areMoving(dotsNow());
  replay.advance(Math.min(time - lastFrame, LONGEST_FRAME), wall, isMoving);
  lastFrame = time;
  draw(wall);
  frame = requestAnimationFrame(runFrame);
}

const dotsNow = () =>
  dotsAt(replay.tape.moment, replay.tape.upcoming, replay.now, replay.nsOf(JOURNEY));

function draw(wall) {
  const { moment } = replay.tape;
  const stage = byId("stage");
  const geometry = new Geometry(stage.clientWidth, stage.clientHeight);
  const { lanes, folded } = actors.choose(moment, geometry.capacity, wall);
  geometry.arrange(lanes, folded.count);
  drawScene(moment, geometry, actors, folded, dotsNow());
  showCaptions(replay.tape.last(LINES), moment, actors, replay.isPaused);
  showMissed(missed, replay);
  placeColumns(geometry);
  showClock(wall);
  showInvitation(lanes.length + folded.count);
  followGuide(moment, actors, !replay.tape.next);
}

function placeColumns(geometry) {
  const columns = { readers: "reader", writers: "writer" };
  for (const button of document.querySelectorAll("#columns button")) {
    const x = geometry.x(columns[button.textContent] ?? button.textContent) * geometry.scale;
    const half = button.offsetWidth / 2;
    const end = geometry.width * geometry.scale - half;
    const left = `${Math.min(end, Math.max(half, x)).toFixed(0)}px`;
    if (button.style.left !== left) button.style.left = left;
  }
}

function showClock(wall) {
  const { isPaused, pace } = replay;
  const late = replay.lag(wall);
  retext(byId("clock"), `+${duration(Math.max(0, replay.now - replay.zero))}`);
  retext(byId("slowness"), paceWords(rounded(pace)));
  retext(byId("lateness"), late < LATE ? "" : `${Math.round(late / 1_000)} s behind`);
  setHidden(byId("late"), late < LATE, byId("pause"));
  retext(byId("pause"), isPaused ? "Play" : "Pause");
}

// By how many are there; nobody knows while the view is blind, and before the server has counted.
function showInvitation(clients) {
  const words = ["Nobody is connected.",
    "Only one client: open this page in a second tab, then say hello."][clients] ?? "";
  const isKnown = byId("blind").hidden && replay.tape.moment.isCounted;
  byId("invitation").hidden = words === "" || !isKnown;
  retext(byId("invitation"), words);
}

function play(hop) {
  const { thread, act, items, queue } = hop;
  byId("scene").dataset.hop = [thread, act, queue, ...items].join(" ");
  if (act !== "full" || !laneOf(queue)) return;
  const [first, ...others] = actors.titleOf(laneOf(queue));
  const who = [first.toUpperCase(), ...others].join("");
  addNote(`${who} was too slow: its queue was full, so it was cut off.`);
}

// The words are read out, and so they change only when they are others; the countdown is not.
function blind(why, countdown = "") {
  retext(byId("blind-why"), why);
  retext(byId("blind-countdown"), countdown);
  byId("blind").hidden = why === "";
}

// ---- Pause, step, again, now: by button, by key, and by touch.

function startTransport() {
  const moves = { pause, forward, back, again, now, "save-message": saveMessage,
    "save-seconds": saveSeconds };
  for (const [id, move] of Object.entries(moves)) byId(id).onclick = move;
  document.addEventListener("keydown", (event) => {
    const hasKeys = event.target.closest("input, button, a, textarea");
    if (!isShown || event.ctrlKey || event.altKey || event.metaKey) return;
    const move = { " ": pause, ArrowRight: forward, ArrowLeft: back, a: again, n: now }[event.key];
    if (!move || (hasKeys && (event.key === " " || hasKeys.matches("input")))) return;
    event.preventDefault();
    move();
  });
}

function pause() {
  replay.pause(!replay.isPaused);
  sayAloud(replay.isPaused ? "Paused. The server goes on." : "Playing");
}

function forward() {
  replay.stepForward();
  if (!replay.tape.next) sayAloud("That was the last step so far.");
}

function back() {
  replay.stepBack();
}

function again() {
  if (!replay.again()) addNote("There was no message yet.");
}

function now() {
  replay.toNow();
  sayAloud("Now");
  byId("pause").focus();
}

function saveMessage() {
  saveHops(lastMessage(replay.tape), "message");
}

function saveSeconds() {
  saveHops(lastSeconds(replay.tape), "ten-seconds");
}

function saveHops(hops, name) {
  if (hops.length === 0) return addNote("There was nothing to save yet.");
  offer(diagramOf(hops, replay.tape.moment, actors), `msgproxy-${name}`);
}
