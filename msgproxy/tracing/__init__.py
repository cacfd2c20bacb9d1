"""Queues that record what crosses them, and the viewers that are shown it live."""
