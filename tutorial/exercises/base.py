"""What the exercises are built on: step 8 of the tutorial, or the package.

Rule: nothing here is part of an exercise. Each file has what is new, and this runs it.
"""

import argparse
import signal
import sys
from pathlib import Path

from msgproxy import MsgproxyError, Queues, Server

sys.path.append(str(Path(__file__).resolve().parents[1] / "steps"))

import step08_bounds


def run_step(**parts):
    """Run step 8 with these functions and classes in place of its own of the same name."""
    for name, part in parts.items():
        assert hasattr(step08_bounds, name), f"step 8 has no {name} that could be replaced"
        setattr(step08_bounds, name, part)
    try:
        step08_bounds.main()
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen: {error}")
    except KeyboardInterrupt:
        print("stopped")


def run_package(queues: Queues):
    """Run the package's server with these queues."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    server = Server(port=parser.parse_args().port, queues=queues)
    signal.signal(signal.SIGINT, lambda *_: server.shutdown())
    try:
        server.start()
        print(f"ready: {server.url.replace('http', 'ws', 1)}", flush=True)
        server.serve_forever()
    except MsgproxyError as error:
        sys.exit(str(error))
    print("stopped")
