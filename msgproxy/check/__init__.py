"""The checker: what a WebSocket server can do, seen from outside, in any language.

It is a library. `msgproxy check` is one program that uses it; the checks of the tutorial's
exercises are others.

behaviours
    What is checked. A behaviour is a function that takes a `Harness`, has some clients do
    something, and raises `BehaviourFailed` if the server did not do what it should.
    `catalogue` lists them all, in the order of the tutorial.
harness
    The clients of one behaviour. All waiting happens here, with a deadline.
client, frames
    One client, and its frames. It can break the rules on purpose and it doubts what it
    receives, so it shares no code with the server and uses no library.
program
    The server, as a program that is started, interrupted and ended.
failure, report
    What was done, expected and seen; and how that is printed.

Rule: nothing here imports the server or the command line. Nothing that a server sends may raise
anything but `Unexpected`.
"""
