"""`msgproxy serve`: a server in the foreground, for a terminal or a service manager.

Rule: what concerns the whole process (signals, logging, scheduling, the limit of open files) is
done here, never by `Server`: the process of a notebook or of a test is not its to change.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import tempfile

from msgproxy.bridge import address
from msgproxy.cli import logs, options, process
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
"""The environment variable that stands for `--bridge`."""

STOP_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
"""Ctrl-C, what a service manager sends, and a terminal that is closed (not on Windows)."""

LIMIT_OPTIONS = (
    ("max_clients", options.count, "clients at a time"),
    ("max_message_size", options.size, "largest message"),
    ("inbound_limit", options.size, "what may wait for the broker before the readers wait"),
    ("outbound_limit", options.size, "what may wait for a client before it is cut off"),
    ("handshake_timeout", options.seconds, "for the whole handshake"),
    ("ping_interval", options.seconds, "silence after which a client is pinged"),
    ("ping_timeout", options.seconds, "more silence, or slowness to take what it is sent"),
    ("close_timeout", options.seconds, "for saying goodbye, to one client or to all"),
)
"""Each field of `Limits` as an option: its name, how it is written, and what it bounds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    port_help = "port to listen on, 0 for any that is free (default: %(default)s)"
    add("--port", type=options.port, default=8765, help=port_help)
    add("--echo", action="store_true", help="send messages to their own sender too")
    _add_limits(parser)
    add(
        "--allow-origin",
        type=options.origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages from here connect too, such as https://example.com; may be repeated",
    )
    _add_bridge(parser)
    _add_recording(parser)
    _add_process_settings(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    for name, kind, text in LIMIT_OPTIONS:
        default = getattr(Limits(), name)
        unit, shown = options.UNIT[kind], options.show(default, kind)
        flag = "--" + name.replace("_", "-")
        parser.add_argument(
            flag, type=kind, default=default, metavar=unit, help=f"{text} (default: {shown})"
        )


def _add_bridge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bridge",
        default=os.environ.get(BRIDGE) or None,
        metavar="URL",
        help=f"join the clients of other instances, through a Redis stream: {address.FORM}, "
        f"which keeps N entries of one message or more (N is {address.LENGTH} if not given). "
        f"With a password, better in the environment, as {BRIDGE}: others can see a command line "
        "(default: no bridge)",
    )


def _add_recording(parser: argparse.ArgumentParser) -> None:
    kinds = ", ".join(export.KINDS)
    parser.add_argument(
        "--record",
        metavar="FILE",
        help=f"write in the end what has crossed the threads; FILE ends with one of {kinds}",
    )
    parser.add_argument(
        "--no-trace",
        action="store_true",
        help="let nobody watch the threads: no /trace",
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
    lines = logs.start(arguments.log_level)
    try:
        _serve(arguments)
    finally:
        lines.finish()
    return 0


def _serve(arguments: argparse.Namespace) -> None:
    limits = Limits(**{name: getattr(arguments, name) for name, _, _ in LIMIT_OPTIONS})
    _allow_open_files(limits.max_clients + FILES_BESIDES_CLIENTS)
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
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: server.shutdown())
    print(f"msgproxy is ready: open {server.url} (Ctrl-C stops it)", flush=True)
    try:
        server.serve_forever()
    finally:  # what led to a failure is what one wants to see
        if arguments.record is not None and isinstance(queues, Recording):
            _save(queues, arguments.record)


def _queues(arguments: argparse.Namespace) -> Queues:
    """Return what makes the queues: such as can be watched, or record, or neither."""
    if arguments.no_trace:
        return Queues() if arguments.record is None else Recording()
    return LiveRecording(is_on=arguments.record is not None)


def _save(recording: Recording, path: str) -> None:
    """Write a recording. If that cannot be done any more, write it where it can."""
    for number in STOP_SIGNALS:  # who does not want to wait for it can end it
        signal.signal(number, signal.SIG_DFL)
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


def _allow_open_files(wanted: int) -> None:
    """Let the process have as many sockets as it lets clients in, if the system allows it.

    Many systems give a process 1024 files to begin with, and more to whoever asks.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # there is none on Windows, and no such limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = resource.RLIM_INFINITY
        if soft != unlimited and soft < wanted:
            allowed = wanted if hard == unlimited else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if soft != unlimited and hard != unlimited and hard < wanted:
            log.warning(
                "the system allows %d open files, too few for --max-clients; see 'ulimit -n'", hard
            )
