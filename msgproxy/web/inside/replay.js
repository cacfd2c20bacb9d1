// The replay: the recording once more, in slow motion. The server is not slowed by it.
// Rule: what is kept is bounded. What comes faster than it can be played is passed over: whoever
// listens is told all of it at once, as `passedOver`, and the clock goes on behind it.

const MOST_PENDING = 6_000; // hops; about what a busy server shows in half a second
export const STALE = 15_000; // ms that the replay may be behind
const FRESH = 300; // ms: what came last is played after a cut, and not passed over

const GAP = 1_500; // ms of the replay: a wait that is longer is cut
const LEAD = 500; // to this
const STORY = 5e6; // ns: after that much silence something new begins, at +0
const AHEAD = 1_500; // ms of the replay that are known before they come

export class Replay {
  slowness = 1;
  now = 0; // ns on the server's clock
  zero = 0; // ns: where what is played now has begun

  #listener; // has soon(hop), due(hop), passedOver(hops) and isMoving(now)
  #pending = []; // in the order of time
  #announced = 0; // of those, how many are known to come soon
  #last = 0; // the time of the last that came
  #played = 0; // and of the last that was played

  constructor(listener) {
    this.#listener = listener;
  }

  // How many ns of the recording some ms of the replay are.
  nsOf(milliseconds) {
    return (milliseconds * 1e6) / this.slowness;
  }

  get isIdle() {
    return this.#pending.length === 0 && !this.#listener.isMoving(this.now);
  }

  feed(hops) {
    const came = performance.now();
    // Threads note hops at the same time: now and then one is noted behind a later one.
    for (const hop of hops.toSorted((one, other) => one.time - other.time)) {
      this.#last = Math.max(this.#last, hop.time);
      this.#pending.push({ ...hop, time: this.#last, came });
    }
    if (this.#pending.length > MOST_PENDING) this.#cut();
  }

  advance(milliseconds) {
    if (this.#isStale()) this.#cut();
    const [next] = this.#pending;
    // Behind the last hop the clock goes on until what moves has come to rest, and then waits.
    if (next || this.#listener.isMoving(this.now)) this.now += this.nsOf(milliseconds);
    if (!next) return;
    this.#skipGap(next);
    this.#announce();
    while (this.#pending.length > 0 && this.#pending[0].time <= this.now) {
      this.#announced -= 1;
      this.#played = this.#pending[0].time;
      this.#listener.due(this.#pending.shift());
    }
  }

  // For another recording, which may have another clock.
  clear() {
    this.#pending = [];
    this.#announced = 0;
    this.#last = 0;
    this.now = 0;
  }

  #skipGap({ time, act }) {
    if (time - this.now < this.nsOf(GAP) || this.#listener.isMoving(this.now)) return;
    const isNew = act === "received" || act === "put"; // and not what somebody waited for
    if (isNew && time - this.#played > STORY) this.zero = time;
    this.now = time - this.nsOf(LEAD);
  }

  #announce() {
    const horizon = this.now + this.nsOf(AHEAD);
    while (this.#pending[this.#announced]?.time <= horizon) {
      this.#listener.soon(this.#pending[this.#announced]);
      this.#announced += 1;
    }
  }

  #isStale() {
    return this.#pending.length > 0 && performance.now() - this.#pending[0].came > STALE;
  }

  // Go on where a message comes in, so that what is played from there is a whole story.
  #cut() {
    const fresh = this.#pending.at(-1).came - FRESH;
    let start = this.#pending.findIndex(({ act, came }) => act === "received" && came >= fresh);
    const tooMany = this.#pending.length - MOST_PENDING / 2;
    if (start < 0) start = this.#pending.length;
    const passed = this.#pending.splice(0, Math.max(start, tooMany));
    this.#announced = 0;
    this.#listener.passedOver(passed);
  }
}
