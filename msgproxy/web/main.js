// One client of the proxy, with a face: what happens when something is said, heard, or lost.
// Rule: this is the only file that brings the others together. To read the script, begin here.

import { byId } from "./basics.js";
import { startComposer, takeBack } from "./composer.js";
import { reconnectNow, send, startConnection } from "./connection.js";
import { countMessage } from "./counters.js";
import { addRow, showEnd } from "./log.js";
import { light } from "./map.js";
import { yourName } from "./name.js";
import { noteOf, rowOf } from "./rows.js";
import { showState, showTrouble, showWaiting, whyClosed } from "./state.js";
import { awaitEcho, understood, worded } from "./words.js";

function tell(text) {
  const name = yourName();
  const data = worded(name, text);
  if (!send(data)) return false;
  awaitEcho(data);
  addRow(rowOf({ kind: "own", name, text })); // the proxy sends it to all but this tab
  countMessage("sent", data);
  showEnd(); // who speaks wants to see it
  return true;
}

function hear(data) {
  addRow(rowOf(understood(data)));
  countMessage("received", data);
}

function join() {
  showState("connected");
  light("sent");
}

function lose(loss) {
  const why = whyClosed(loss);
  if (loss.isNews) showTrouble(`${why} What you type stays here until you can send it.`);
  if (loss.wasOpen) {
    addRow(noteOf(`${why} What others said from here on did not reach this tab.`));
  }
  if (loss.isUnsent) takeBack();
}

byId("retry").onclick = reconnectNow;
window.ononline = reconnectNow;

startComposer(tell);
startConnection({
  connecting: () => showState("connecting"),
  opened: join,
  received: hear,
  closed: lose,
  waiting: showWaiting,
});
