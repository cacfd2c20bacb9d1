// The demo page's script: one client of the proxy, with a face. A module: strict, and no name leaks to other scripts.
// Rule: what others say is only ever text. It enters the page as textContent; innerHTML is absent on purpose, and
// the Content-Security-Policy (require-trusted-types-for) makes the browser refuse it, should it ever come back.

const ROWS = 500; // in the log; the oldest go first
const CHARACTERS = 5_000; // shown of one message, so that ROWS * CHARACTERS bounds the log in memory too
const PREVIEW = 16, ECHOES = 20; // bytes of a binary message shown in hex; own messages to know again if they return
const SHORTEST = 1_000, LONGEST = 15_000; // ms before another attempt: doubles from one to the other, less jitter
const ADDRESS = `${location.origin.replace(/^http/, "ws")}/`;
const CLOSED = {
  1001: "The server stopped", 1006: "The connection broke off", 1009: "The last message was too big for the server",
  1011: "The server ran into an error", 1013: "This tab was too slow to keep up and was cut off",
};
const ADJECTIVES = ["amber", "brisk", "calm", "early", "gentle", "lucid", "merry", "nimble", "quiet", "swift", "tidy"];
const ANIMALS = ["badger", "curlew", "finch", "gecko", "heron", "lynx", "marten", "otter", "plover", "robin", "stoat"];

const byId = (id) => document.getElementById(id);
const element = (tag, className, textContent) => Object.assign(document.createElement(tag), { className, textContent });
const count = (number) => number.toLocaleString("en");

// ---- words: the proxy adds nothing to a message, so the name travels inside, just as one would type it by hand
let awaited = []; // what this tab sent last; it comes back only from a server with --echo

function understood(data) {
  if (typeof data !== "string") return { kind: "other binary", name: "someone", text: hexed(new Uint8Array(data)) };
  const [, name, text] = /^([^:\n]{1,32}): ([^]*)$/.exec(data) ?? [data, "someone", data];
  const place = awaited.indexOf(data);
  awaited.splice(0, place + 1); // order is kept: what was sent before this one will not come any more
  return { kind: place < 0 ? "other" : "echo", name, text };
}

function hexed(bytes) {
  const preview = Array.from(bytes.subarray(0, PREVIEW), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${count(bytes.length)} bytes of binary\n${preview}${bytes.length > PREVIEW ? " …" : ""}`;
}

// ---- log: rows wait for the next frame, so a burst of thousands changes the page once per frame, not once per row
let waiting = [], unread = 0;

function add(row) {
  waiting.push(row);
  if (waiting.length === 1) requestAnimationFrame(flush);
  if (waiting.length > 2 * ROWS) waiting = waiting.slice(-ROWS); // a hidden tab gets messages, but no frames
  unread += 1;
  if (document.hidden) document.title = `(${count(unread)}) msgproxy`;
}

function flush() {
  const following = isAtEnd(); // asked before the page changes: afterwards it would cost another layout
  const rows = byId("rows");
  rows.append(...waiting.slice(-ROWS));
  waiting = [];
  if (rows.childElementCount > ROWS) byId("full").hidden = false;
  while (rows.childElementCount > ROWS) rows.firstElementChild.remove();
  if (following) byId("log").scrollTop = 0;
  showUnread();
  showCounters();
}

function rowOf({ kind, name, text }) {
  const row = element("li", `message ${kind}`);
  const said = element("p", "text", text.slice(0, CHARACTERS));
  if (text.length > CHARACTERS) said.append(element("em", "", ` … cut, of ${count(text.length)} characters`));
  said.dir = "auto";
  row.style.setProperty("--hue", hueOf(name));
  row.append(element("bdi", "name", name), said, element("time", "", new Date().toLocaleTimeString("en-GB")));
  return row;
}

// In degrees. The factor keeps names that differ in one digit apart.
const hueOf = (name) => [...name].reduce((hue, character) => (hue * 31 + character.codePointAt(0) * 137) % 360, 0);

// The log is laid out from its end (column-reverse): 0 is the end, and the browser itself keeps a reader there.
const isAtEnd = () => byId("log").scrollTop > -4;
function showUnread() {
  if (isAtEnd()) unread = 0;
  byId("unread").hidden = unread === 0;
  byId("unread").textContent = `${count(unread)} new message${unread === 1 ? "" : "s"} ↓`;
  if (!document.hidden) document.title = "msgproxy";
}

byId("log").onscroll = showUnread;
byId("unread").onclick = () => { byId("log").scrollTop = 0; byId("draft").focus(); };

// ---- counters, and the light that runs along the map
const counters = { sent: { messages: 0, bytes: 0 }, received: { messages: 0, bytes: 0 } };
const size = new Intl.NumberFormat("en", { style: "unit", unit: "byte", unitDisplay: "narrow", notation: "compact" });

function counted(direction, data) {
  counters[direction].messages += 1;
  counters[direction].bytes += typeof data === "string" ? new TextEncoder().encode(data).length : data.byteLength;
}

function showCounters() {
  for (const [direction, { messages, bytes }] of Object.entries(counters)) {
    if (byId(direction).textContent !== count(messages)) light(direction);
    byId(direction).textContent = count(messages);
    byId(`${direction}-bytes`).textContent = size.format(bytes);
  }
}

function light(direction) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const route of document.querySelectorAll(`.route.${direction} path`)) {
    const dark = route.getAnimations().length === 0; // under load one light stands for many messages
    if (dark) route.animate({ strokeDashoffset: [14, -100] }, { duration: 1_100, easing: "ease-in-out" });
  }
}

// ---- connection: one socket at a time; the next is made only after the last has closed
let socket, ticking, openedAt, nextTry, failures = 0;

function connect() {
  show("connecting");
  openedAt = null;
  socket = new WebSocket(ADDRESS);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { openedAt = Date.now(); show("connected"); light("sent"); };
  socket.onmessage = ({ data }) => { counted("received", data); add(rowOf(understood(data))); };
  socket.onclose = closed;
}

function closed({ code, reason }) {
  const why = openedAt ? CLOSED[code] ?? "The connection was closed" : "No answer from the server";
  const told = `${why} (${[code, reason].filter(Boolean).join(", ")}).`;
  if (openedAt || !failures) byId("why").textContent = `${told} What you type stays here until you can send it.`;
  if (openedAt) add(element("li", "note", `${told} What others said from here on did not reach this tab.`));
  if (openedAt && Date.now() - openedAt > LONGEST) failures = 0; // only a connection that lasted earns a new start
  nextTry = Date.now() + Math.min(LONGEST, SHORTEST * 2 ** failures++) * (1 - Math.random() / 2);
  countDown();
  if (code === 1009 || socket.bufferedAmount > 0) write(`${lastSent}\n${byId("draft").value}`.trimEnd()); // not sent
}

function countDown() {
  const left = nextTry - Date.now();
  if (left <= 0) return connect(); // even when offline: a server on this very machine needs no network
  const [state, then] = navigator.onLine ? ["reconnecting", ""] : ["offline", ", retry"];
  show(state, `${then} in ${Math.ceil(left / 1_000)} s`);
  ticking = setTimeout(countDown, Math.min(left, 250));
}

function reconnectNow() {
  clearTimeout(ticking);
  if (socket.readyState === WebSocket.CLOSED) connect();
}

function show(state, countdown = "") {
  byId("countdown").textContent = countdown;
  if (document.body.dataset.state === state) return; // a screen reader hears of changes, not of every second
  document.body.dataset.state = byId("state").textContent = state;
  byId("send").disabled = state !== "connected";
  byId("trouble").hidden = state === "connected";
}

byId("retry").onclick = window.ononline = reconnectNow;

// ---- composer: what is typed leaves the box only when it is sent; it and the name survive a reload
let kept = {}, lastSent = "";
try { kept = sessionStorage; } catch { /* forbidden here: then they live as long as the page */ }

function say() {
  const name = byId("name").value, text = byId("draft").value, data = `${name}: ${text}`;
  if (!text || socket.readyState !== WebSocket.OPEN) return;
  socket.send(data);
  awaited = [...awaited, data].slice(-ECHOES);
  counted("sent", data);
  add(rowOf({ kind: "own", name, text: lastSent = text }));
  byId("log").scrollTop = 0; // who speaks wants to see it
  write("");
}

const write = (text) => { byId("draft").value = text; kept.draft = text; };

function rename(wanted) {
  const words = [ADJECTIVES, ANIMALS].map((list) => list[Math.floor(Math.random() * list.length)]);
  const friendly = `${words.join("-")}-${Math.floor(10 + Math.random() * 90)}`;
  byId("name").value = kept.name = wanted.replaceAll(":", "").trim() || friendly; // the first colon ends the name
}

byId("name").onchange = () => rename(byId("name").value);
byId("send").onclick = say;
byId("draft").oninput = () => { kept.draft = byId("draft").value; };
byId("draft").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
};

// ---- invitation: the clipboard exists only on https and on this very machine
byId("command").textContent = `msgproxy chat ${ADDRESS}`;
byId("copy").onclick = async () => {
  const copied = await navigator.clipboard?.writeText(byId("command").textContent).then(() => true, () => false);
  if (!copied) getSelection().selectAllChildren(byId("command"));
  byId("copy").textContent = copied ? "Copied" : "Selected, now copy it";
};

rename(kept.name ?? "");
write(kept.draft ?? "");
connect();
