"""One use case a file; each takes a session, a command and the moment, and never commits."""
