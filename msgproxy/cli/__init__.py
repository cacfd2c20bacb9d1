"""The commands: `serve`, `chat`, `watch`, `check`, and what belongs to a process of its own."""
