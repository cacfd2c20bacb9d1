// One client of the proxy, with a face: what happens when something is said, heard, or lost.
// Rule: this is the only file that brings the others together. To read the script, begin here.

import { startInside } from "./inside/inside.js";
import { ADDRESS, Connection } from "./shared/connection.js";
import { byId } from "./shared/dom.js";
import { showState, showTrouble, showWaiting, startViews, whyClosed } from "./shared/header.js";
import { awaitEcho, understood, worded } from "./shared/message_text.js";
import { startComposer, takeBack, yourName } from "./talk/composer.js";
import { countMessage, light } from "./talk/counters.js";
import { addRow, noteOf, rowOf, showEnd } from "./talk/log.js";

const connection = new Connection(ADDRESS, {
  connecting: () => showState("connecting"),
  opened: join,
  received: hear,
  closed: lose,
  waiting: showWaiting,
});

function tell(text) {
  const name = yourName();
  const data = worded(name, text);
  if (!connection.send(data)) return false;
  awaitEcho(data);
  inside.noteOwn(data);
  addRow(rowOf({ kind: "own", name, text })); // the proxy sends it to all but this tab
  countMessage("sent", data);
  showEnd(); // who speaks wants to see it
  return true;
}

// What nobody typed is counted, but has no rows: others see enough of it.
function tellUnnamed(data) {
  if (!connection.send(data)) return false;
  countMessage("sent", data);
  return true;
}

function hear(data) {
  addRow(rowOf(understood(data)));
  countMessage("received", data);
}

function join() {
  showState("connected");
  inside.forgetOwn(); // it is another client now
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

byId("retry").onclick = () => connection.reconnectNow();
window.ononline = () => connection.reconnectNow();

const inside = startInside({ tell, send: tellUnnamed, unsent: () => connection.unsent });
startViews(inside.show);
startComposer(tell);
connection.start();
