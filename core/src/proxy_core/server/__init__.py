"""The server: the only room that may wait, open sockets or log."""
