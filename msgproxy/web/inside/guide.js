// The guide: three steps with a question before each, what a column is, and the story of the slow
// client.
// Rule: it can be left, and does not come back. What it answers it takes from the moment that is
// drawn, not from what should have happened.

import { byId, create, ofThisBrowser, readable, setHidden } from "../shared/dom.js";
import { countOn } from "./moment.js";
import { amount, counted } from "./shapes.js";

// A step is answered when what it counts has become more than it was when the question came up;
// null is for "not known yet".
const STEPS = [
  {
    ask: "What you say goes to every other client. Which thread will send it to them: " +
      "yours, the broker, or one of their own?",
    button: "hello",
    count: ({ clients }, { own }) => (clients.size > 1 ? clients.get(own)?.said ?? null : null),
    answer: "Threads of their own: a writer for each. Your reader and the broker only put it on " +
      "queues, so neither of them waits for anybody's network.",
  },
  {
    ask: "A client that never reads: what will it change for the others?",
    button: "join-slow",
    count: ({ clients }, { slow }) => (clients.size > 0 ? slow ?? 0 : null), // its number
    answer: "Nothing. The system's buffers take what is sent to it, so the server cannot " +
      "even tell yet that nobody reads.",
  },
  {
    ask: "Now 1,000 messages, twice what fits on its queue. Who will have to wait: you, the " +
      "broker, or the others?",
    button: "many",
    count: ({ clients }, { slow }) => (clients.get(slow)?.state === "full" ? slow : 0),
    answer: "Nobody. Its queue took what its writer could not send, up to the limit; then it " +
      "was cut off.",
  },
];

const COLUMNS = {
  readers: "A reader is a thread. It receives what one client says and puts it on the " +
    "inbound queue; if that is full, it waits, and TCP slows its client down. " +
    "Chapter 2 starts it.",
  inbound: "The inbound queue is where all readers meet the broker. Its order is the one " +
    "order in which everybody gets all messages. Chapter 6 puts it there.",
  broker: "The broker is one thread. It alone knows who is there, so it needs no lock; it " +
    "copies each message to the queue of every other client, and never waits. Chapter " +
    "6 builds it.",
  outbound: "An outbound queue belongs to one client. If its client is slow, it fills, and " +
    "no other one does. Chapter 5 makes one for each, chapter 8 gives it a limit.",
  writers: "A writer is a thread. It takes all that waits on its client's queue and sends " +
    "it; it alone waits for that client's network. Chapter 5 starts it.",
};

let step = Math.max(0, Math.trunc(Number(ofThisBrowser.get("guide"))) || 0);
let isAnswered = false;
let before = null; // what the step counts, when its question came up

export function startGuide() {
  byId("guide-leave").onclick = () => goTo(STEPS.length);
  byId("guide-go").onclick = () => {
    if (isAnswered) goTo(step + 1);
    else byId(STEPS[step].button).click();
  };
  for (const button of document.querySelectorAll("#columns button")) {
    const explain = () => {
      byId("explain").textContent = COLUMNS[button.textContent];
    };
    Object.assign(button, { onfocus: explain, onpointerenter: explain, onclick: explain,
      onblur: explainNothing, onpointerleave: explainNothing });
  }
  showStep();
}

function explainNothing() {
  byId("explain").textContent = "";
}

function goTo(next) {
  step = next;
  isAnswered = false;
  before = null;
  ofThisBrowser.set("guide", String(step));
  showStep();
}

function showStep() {
  const isOver = step >= STEPS.length;
  setHidden(byId("guide"), isOver, byId("stage"));
  if (isOver) return;
  const { ask, answer } = STEPS[step];
  byId("guide-step").textContent = `${step + 1} of ${STEPS.length}`;
  byId("guide-words").textContent = isAnswered ? answer : ask;
  byId("guide-go").textContent = isAnswered
    ? (step + 1 < STEPS.length ? "Next" : "Done") : "Try it";
}

// What the moment that is drawn says to the question, and of the slow client.
export function followGuide(moment, actors, isAtRest) {
  const isOpen = step < STEPS.length && !isAnswered;
  if (isOpen && hasGrown(STEPS[step].count(moment, actors)) && isAtRest) {
    isAnswered = true;
    showStep();
  }
  showStory(storyOf(moment, actors));
}

function hasGrown(now) {
  if (now === null) return false;
  before = Math.min(before ?? now, now); // less than before: a server that has started anew
  return now > before;
}

// How it went for the client that never reads, as far as the replay has come.
export function storyOf(moment, actors) {
  const client = moment.clients.get(actors.slow);
  if (!client) return [];
  const queue = moment.queue(`outbound-${client.number}`);
  const left = client.received
    ? [`${client.isSure ? "" : "≈ "}${counted(client.received, "message")} for it left the ` +
      "server: unread, in the buffers of the system."] : [];
  const limit = amount(moment.limits.outbound);
  if (client.state !== "full") {
    if (!queue.size) return left;
    const count = queue.isCountKnown ? `${counted(countOn(queue), "message")}, ` : "";
    return [...left, `On its queue: ${count}${amount(queue.size)} of ${limit}.`];
  }
  const { count, size, refused } = client.fullAt;
  const filled = count === null ? "" : `${counted(count, "message")} on it, `;
  return [...left, `Then its queue had no room for ${refused} more: ` +
    `${filled}${amount(size)} of ${limit}. ` +
    "The broker cut it off (close code 1013, try again later) and went on.",
  ...otherSide(moment, actors)];
}

function otherSide({ clients }, actors) {
  const others = [...clients.values()].filter(({ number, state }) =>
    number !== actors.own && number !== actors.slow && state === "here");
  const [best] = others.toSorted((one, other) => other.received - one.received);
  if (!best?.received) return [];
  const name = actors.titleOf(best.number);
  return [`Nobody else waited: ${name} was sent ${readable(best.received)}.`];
}

function showStory(lines) {
  const text = lines.join("\n");
  if (byId("story").dataset.text === text) return;
  byId("story").dataset.text = text;
  byId("story").replaceChildren(...lines.map((line) => create("li", "", line)));
}
