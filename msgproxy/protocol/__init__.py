"""Bytes and their meaning. No module here touches a socket or a thread."""
