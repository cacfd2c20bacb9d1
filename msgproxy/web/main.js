// One client of the proxy, with a face: what happens when something is said, heard, or lost.
// Rule: this is the only file that brings the others together. To read the script, begin here.

import { startInside } from "./inside/inside.js";
import { addressFor, Connection } from "./shared/connection.js";
import { byId } from "./shared/dom.js";
import { showState, showTrouble, showWaiting, startViews, whyClosed } from "./shared/header.js";
import { awaitEcho, forgetEchoes, understood, worded } from "./shared/message_text.js";
import {
  addBinary, addRow, markUndelivered, noteOf, rowOf, showEnd, timeNow,
} from "./talk/log.js";
import { countMessage, light, startComposer, takeBack, yourName } from "./talk/you.js";

const connection = new Connection(addressFor(""), {
  connecting: () => showState("connecting"),
  opened: join,
  received: hear,
  closed: lose,
  waiting: showWaiting,
});

let last = null; // what was typed last: its row, and after how many bytes it had left

function tell(text) {
  const name = yourName();
  const data = worded(name, text);
  if (!connection.send(data)) return false;
  awaitEcho(data);
  const row = rowOf({ kind: "own", name, text });
  last = { row, end: connection.sent };
  addRow(row); // the proxy sends it to all but this tab
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
  if (typeof data === "string") addRow(rowOf(understood(data)));
  else addBinary(data.byteLength, () => rowOf(understood(data)));
  countMessage("received", data);
}

let isGap = false; // since the connection was lost

function join() {
  showState("connected");
  forgetEchoes();
  if (isGap) addRow(noteOf(`Connected again, ${timeNow()}.`));
  isGap = false;
  light("sent");
}

function lose(loss) {
  const why = whyClosed(loss);
  if (loss.isNews) tellTrouble(why);
  if (!loss.wasOpen) {
    // A WebSocket is not told why it did not open. A plain request is: 503 says that it is full.
    isFull().then((full) => full && tellTrouble("The server is full (503)."));
    return;
  }
  isGap = true;
  const wasTooBig = loss.code === 1009 && last?.end === loss.sent;
  if (last && (wasTooBig || last.end > loss.left)) {
    markUndelivered(last.row);
    takeBack();
  }
  last = null;
  addRow(noteOf(`${why} What others said from here on did not reach this tab.`));
}

const tellTrouble = (why) => showTrouble(`${why} What you type stays here until you can send it.`);

async function isFull() {
  const { status } = await fetch("./trace", { cache: "no-store" }).catch(() => ({}));
  return status === 503;
}

byId("retry").onclick = () => connection.reconnectNow();
window.ononline = () => connection.reconnectNow();

const inside = startInside({ tell, send: tellUnnamed, unsent: () => connection.unsent });
startViews(inside.show);
startComposer(tell);
connection.start();
