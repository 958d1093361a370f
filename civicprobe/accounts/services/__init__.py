"""One use case a file: accounts, tokens, recovery; never commits."""
