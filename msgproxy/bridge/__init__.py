"""The bridge: instances of msgproxy, joined by a Redis stream.

`bridge` is the participant with its two threads, `ties` what each of them knows (its place on the
stream, its count of what was added, whether Redis is there), and `streams` speaks with Redis.
Nothing else of msgproxy imports this, unless a server is given a bridge.
"""
