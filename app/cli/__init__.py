"""The `lectern` command: a client of the HTTP API, and `extract`, which needs no server at all."""
