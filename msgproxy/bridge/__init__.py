"""The bridge: several instances of msgproxy, joined by a Redis stream.

`bridge` is the session with its two threads, `backlog` the queue to its writer, `stream` the
connections to Redis, `entries` what is on the stream, and `address` how its place is written.
Only the address parser is imported where there is no bridge: the rest needs the package redis.
"""
