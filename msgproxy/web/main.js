// One client of the proxy, with a face: what happens when something is said, heard, or lost.
// Rule: this file brings the others together. To read the script, begin here.

import { startInside } from "./inside/inside.js";
import { addressFor, Connection } from "./shared/connection.js";
import { byId } from "./shared/dom.js";
import {
  isConnected, showState, showTrouble, showWaiting, startViews, whyClosed,
} from "./shared/header.js";
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

let leaving = []; // what was said, oldest first: its row, its text if somebody typed it, and `end`:
// after how many bytes it has left the browser. All that has left is out, but for the last.

function tell(text, { isTyped = false } = {}) {
  const name = yourName();
  const data = worded(name, text);
  if (!connection.send(data)) return false;
  awaitEcho(data);
  const row = rowOf({ kind: "own", name, text });
  leaving = leaving.filter(({ end }) => end > connection.sent - connection.unsent);
  leaving.push({ row, typed: isTyped ? text : "", end: connection.sent });
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
  showTrouble("");
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
    isFull().then((full) => full && !isConnected() && tellTrouble("The server is full (503)."));
    return;
  }
  isGap = true;
  const isTooBig = ({ end }) => loss.code === 1009 && end === loss.sent;
  const lost = leaving.filter((said) => said.end > loss.left || isTooBig(said));
  for (const { row } of lost) markUndelivered(row);
  const typed = lost.map((said) => said.typed).filter(Boolean);
  if (typed.length > 0) takeBack(typed.join("\n"));
  leaving = [];
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
startComposer((text) => tell(text, { isTyped: true }));
connection.start();
