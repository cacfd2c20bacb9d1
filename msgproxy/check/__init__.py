"""`msgproxy check`: a checker of any WebSocket server, from outside.

`command` is the command, and `behaviours` the list of what is checked: each behaviour is a
function of `talk`, `load`, `wire` or `ends`. They have a `Crew` of clients do something, and raise
`Failed` with what was done, expected and seen. A `Client` can do what a well-behaved one never
would, so it has its own `frames`. `program` runs the server, and `report` prints.
"""
