"""The exceptions.

Only what the package raises to its user is here. What a client does wrong is not among
them: that is answered to the client (`http.py`, `handshake.py`, `frames.py`) and logged.
"""


class MsgproxyError(Exception):
    """Anything that goes wrong here and is not a bug; its text is one line for a person.

    * `MsgproxyError`
        * `InvalidOption`: a limit, an origin or an address that makes no sense
        * `CannotListen`: the port is in use or not ours to take, or the server has run already
        * `ServerFailed`: a thread that the server needs died of a bug, or cannot start
        * `CannotConnect`: `msgproxy chat` (or `watch`) found no server that would talk
        * `Disconnected`: the server of `msgproxy chat` (or `watch`) went away
        * `UnreadableInput`: the input of `msgproxy chat` is not text
        * `CannotPrint`: the output of `msgproxy chat` takes no more
        * `StepMissed`: what a schedule waited for did not come (it is in `steps.py`)
    """


class InvalidOption(MsgproxyError):
    """A value that makes no sense, or that does not fit another one."""


class CannotListen(MsgproxyError):
    """This server cannot have its address, or has had it before."""


class ServerFailed(MsgproxyError):
    """The broker or the accepting thread could not start, or died of a bug (see the log)."""


class CannotConnect(MsgproxyError):
    """No conversation came about: no such host, nobody listens, or the server refused."""


class Disconnected(MsgproxyError):
    """The conversation ended from the other side: the server sent a Close frame, or was lost."""


class UnreadableInput(MsgproxyError):
    """The input cannot be read, or is not UTF-8; what came before that has been sent."""


class CannotPrint(MsgproxyError):
    """What arrives cannot be written, as on a full disk; what was to be sent has been sent."""
