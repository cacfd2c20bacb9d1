"""`msgproxy serve`: a server in the foreground, for a terminal or a service manager.

Rule: everything that concerns the whole process (signals, logging, scheduling, the limit of open
files) is set here, never by `Server`, which must not change its host process.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile

from msgproxy.bridge import address
from msgproxy.cli import logs, options, process
from msgproxy.errors import InvalidOption
from msgproxy.limits import Limits
from msgproxy.picture import export
from msgproxy.queues import Queues
from msgproxy.server import Server
from msgproxy.tracing.hops import lost
from msgproxy.tracing.recording import Recording
from msgproxy.tracing.viewers import LiveRecording

log = logging.getLogger(__name__)

FILES_BESIDES_CLIENTS = 100
"""Open files of a process that are not clients: a guess on the large side."""

BRIDGE = "MSGPROXY_BRIDGE"
"""The environment variable that `--bridge` defaults to."""

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, what a service manager sends, and a terminal that is closed (not on Windows)."""

LIMIT_OPTIONS = (
    ("max_clients", options.count, "clients at a time"),
    ("max_message_size", options.size, "largest message"),
    ("inbound_limit", options.size, "what may wait for the broker before the readers wait"),
    ("outbound_limit", options.size, "what may wait for a client before it is disconnected"),
    ("handshake_timeout", options.seconds, "for the whole handshake"),
    ("ping_interval", options.seconds, "silence after which a client is pinged"),
    ("ping_timeout", options.seconds, "more silence, or no progress in sending to it"),
    ("close_timeout", options.seconds, "for closing the connection to one client, or to all"),
)
"""Each field of `Limits` as an option: its name, how it is written, and what it bounds."""

OUTBOUND_ROOM = 2
"""How often all that the broker may take at once fits on an outbound queue, at the least, if
`--outbound-limit` is not given. With 1, a client that is sent so much twice would be too slow."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    port_help = "port to listen on, 0 for any free one (default: %(default)s)"
    add("--port", type=options.port, default=8765, help=port_help)
    add("--echo", action="store_true", help="send messages to their own sender too")
    _add_limits(parser)
    add(
        "--allow-origin",
        type=options.origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="accept pages from here too, such as https://example.com; may be repeated",
    )
    _add_bridge(parser)
    _add_recording(parser)
    _add_process_settings(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    for name, kind, text in LIMIT_OPTIONS:
        default = getattr(Limits(), name)
        shown = options.show(default, kind)
        if name == "outbound_limit":
            default = None
            shown += f", or {OUTBOUND_ROOM} times --inbound-limit and --max-message-size together"
        unit, text = options.UNIT[kind], f"{text} (default: {shown})"
        parser.add_argument(_flag(name), type=kind, default=default, metavar=unit, help=text)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_bridge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bridge",
        default=os.environ.get(BRIDGE) or None,
        metavar="URL",
        help=f"join the clients of other instances through a Redis stream: {address.FORM}, "
        f"which keeps N entries of one message or more (N is {address.LENGTH} if not given). "
        f"If it has a password, set {BRIDGE} in the environment instead: other users of the "
        "machine can see the command line (default: no bridge)",
    )


def _add_recording(parser: argparse.ArgumentParser) -> None:
    kinds = ", ".join(export.KINDS)
    parser.add_argument(
        "--record",
        metavar="FILE",
        help=f"at the end, write what has crossed between the threads; FILE ends with {kinds}",
    )
    parser.add_argument(
        "--no-trace",
        action="store_true",
        help="refuse viewers: no /trace",
    )


def _add_process_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scheduling",
        choices=("one-core", "default"),
        default="one-core",
        help="whether threads take turns on one core, which is faster (default: %(default)s)",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="least important lines to log (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the proxy until Ctrl-C or SIGTERM. This is what 'msgproxy' alone does."""
    if arguments.record is not None:
        export.check(arguments.record)
    if arguments.scheduling == "one-core":
        process.take_turns_on_one_core()  # before any thread: they inherit it
    log_lines = logs.start(arguments.log_level)
    try:
        _serve(arguments)
    finally:
        log_lines.finish()
    return 0


def _serve(arguments: argparse.Namespace) -> None:
    limits = _limits(arguments)
    process.allow_open_files(limits.max_clients + FILES_BESIDES_CLIENTS)
    queues = _queues(arguments)
    server = Server(
        arguments.host,
        arguments.port,
        echo=arguments.echo,
        limits=limits,
        allowed_origins=arguments.allow_origin,
        bridge=arguments.bridge,
        queues=queues,
    )
    server.start()
    for name in STOP_SIGNALS:
        process.on_signal(name, server.shutdown)
    print(f"msgproxy is ready: open {server.url} (Ctrl-C stops it)", flush=True)
    try:
        server.serve_forever()
    finally:  # the events before a failure are the interesting ones
        if arguments.record is not None and isinstance(queues, Recording):
            _save(queues, arguments.record)


def _limits(arguments: argparse.Namespace) -> Limits:
    """Return the limits. Raise InvalidOption in the words of the command line."""
    given = {name: getattr(arguments, name) for name, _, _ in LIMIT_OPTIONS}
    outbound = given.pop("outbound_limit")
    # As an outbound limit, this is enough for any inbound limit: so only the others can be wrong.
    enough = given["inbound_limit"] + given["max_message_size"] + options.UNITS["g"]
    smallest = Limits(**given, outbound_limit=enough).smallest_outbound_limit
    if outbound is None:
        outbound = max(Limits().outbound_limit, OUTBOUND_ROOM * smallest)
    if outbound < smallest:
        inbound, message = (
            options.show(given[name], options.size)
            for name in ("inbound_limit", "max_message_size")
        )
        raise InvalidOption(
            f"--outbound-limit has to be {options.show_at_least(smallest)} "
            f"({smallest / options.UNITS['m']:.1f} MiB) at least, with "
            f"--inbound-limit {inbound} and --max-message-size {message}: "
            "otherwise a client with nothing waiting could be disconnected"
        )
    return Limits(**given, outbound_limit=outbound)


def _queues(arguments: argparse.Namespace) -> Queues:
    """Return the queue factory: watchable, recording or plain."""
    if arguments.no_trace:
        return Queues() if arguments.record is None else Recording()
    return LiveRecording(is_on=arguments.record is not None)


def _save(recording: Recording, path: str) -> None:
    """Write a recording. If that is no longer possible, write it to a temporary directory."""
    for name in STOP_SIGNALS:  # the next one ends the program, whose user will not wait
        process.on_signal(name, None)
    hops = recording.hops()
    try:
        export.write(hops, path)
    except OSError as error:
        spare = f"{tempfile.mkdtemp(prefix='msgproxy-')}/recording.json"
        log.error("cannot write %s: %s; writing %s", path, error.strerror or error, spare)
        export.write(hops, spare)
        path = spare
    dropped = f"; the first {lost(hops)} were dropped: it was full" if lost(hops) else ""
    log.info("recorded %d hops to %s%s", len(hops), path, dropped)
