"""Find the bug 14: a script says one line and leaves, and often nobody receives it.

This is the package with one change for the worse: a queue of its own. So you can look Inside.
"""

import argparse
import signal
import sys

from msgproxy import InboundQueue, MsgproxyError, Queues, Server
from msgproxy.events import Left, Received
from msgproxy.tracing.viewers import LiveRecording


def is_said_by(item, session):
    return isinstance(item, Received) and item.session is session


class UrgentQueue(InboundQueue):
    """Leaving comes first: it is quickly done, and a client that has left costs memory."""

    def _put(self, item):
        super()._put(item)
        if isinstance(item, Left):
            said = [one for one in self._waiting if is_said_by(one, item.session)]
            self._waiting = [one for one in self._waiting if one not in said] + said


class UrgentQueues(Queues):
    """Makes such a queue, for `Server(queues=UrgentQueues())`."""

    def inbound(self, limits):
        return UrgentQueue(limits.inbound_limit)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    # A recording that viewers can watch: without it, the page has no Inside.
    queues = LiveRecording(UrgentQueues(), is_on=False)
    server = Server(port=parser.parse_args().port, queues=queues)
    signal.signal(signal.SIGINT, lambda *_: server.shutdown())
    try:
        server.start()
        print(f"ready: {server.url}", flush=True)
        server.serve_forever()
    except MsgproxyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
