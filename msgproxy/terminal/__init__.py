"""What the terminal clients share: a client, the screen, the table of clients."""
