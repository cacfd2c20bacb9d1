// A burst: many messages at once, so that a queue fills before one's eyes.
// Rule: it is bounded, and it never piles up in the browser: what waits there is looked at first.

const MESSAGES = 1_000;
const SIZE = 32 * 1024; // bytes: all of them are twice what an outbound queue takes by default
const UNSENT = 4 * SIZE; // bytes that may wait in the browser
const PAUSE = 5; // ms

// Give up when `send` says so: it takes a message, and returns whether it was sent.
export async function sayMany({ send, unsent }) {
  const content = new Uint8Array(SIZE);
  for (let said = 0; said < MESSAGES; said += 1) {
    if (!send(content.buffer)) return;
    while (unsent() > UNSENT) await new Promise((done) => setTimeout(done, PAUSE));
  }
}
