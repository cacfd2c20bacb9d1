// The trace: what the server shows of its inside, as long as somebody looks.
// Rule: it is watched only while it can be seen. Without viewers the server notes nothing, so
// whoever looks away, to another view or to another tab, ends it.

import { ADDRESS, Connection } from "../shared/connection.js";

const FIELDS = ["number", "time", "thread", "act", "queue", "items", "depth", "size", "text"];

let viewing = null;

// The listener has watching(), hops(list, lost), counts(message), lost(milliseconds), and off().
export function watch(listener) {
  viewing ??= connected(listener);
}

export function watchNoMore() {
  viewing?.stop();
  viewing = null;
}

function connected(listener) {
  const made = new Connection(`${ADDRESS}trace`, {
    connecting: () => {},
    opened: () => listener.watching(),
    received: (data) => understand(JSON.parse(data), listener),
    closed: ({ wasOpen }) => wasOpen || askWhy(made, listener),
    waiting: (milliseconds) => listener.lost(milliseconds),
  });
  made.start();
  return made;
}

function understand(message, listener) {
  if (message.hops) listener.hops(message.hops.map(hopOf), message.lost);
  else listener.counts({ counts: message, time: message.time, nextHop: message.next_hop });
}

// In ns; after 104 days without a restart a few of them are rounded.
const hopOf = (values) =>
  Object.fromEntries(FIELDS.map((field, place) => [field, values[place]]));

// A WebSocket is not told why it did not open. A plain request is: 404 says that there is no trace.
async function askWhy(asking, listener) {
  const { status } = await fetch("./trace", { cache: "no-store" }).catch(() => ({}));
  if (status !== 404 || viewing !== asking) return;
  asking.stop();
  listener.off();
}
