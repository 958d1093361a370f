"""Random secrets that people's machines hold: made here, kept hashed. Pure but for the dice."""

import hashlib
import secrets

# What a token may do: read as its holder, and change things as its holder.
READ, WRITE = "read", "write"


def new_token() -> str:
    """256 random bits as text for a cookie or header."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token; a plain SHA-256, since nobody can guess 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()
