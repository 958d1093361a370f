"""What can go wrong, as codes and parameters; words and HTTP status lines are added by `web`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldFault:
    """One field of a request and what is wrong with it."""

    field: str
    code: str


class Fault(Exception):
    """A refusal that a person can act on: a stable code, parameters for its words, fields at fault.

    `status` is the HTTP status the refusal becomes; no subclass carries prose.
    """

    status = 500

    def __init__(self, code: str, *fields: FieldFault, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields
        self.params = params

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        faults = ", ".join(f"{fault.field}: {fault.code}" for fault in self.fields)
        return " ".join(part for part in (self.code, shown, faults) if part)


class Invalid(Fault):
    """The request cannot be read: malformed, out of range, the wrong kind of bytes."""

    status = 400


class Unauthorised(Fault):
    """Nobody is signed in, or the token is unknown."""

    status = 401


class Forbidden(Fault):
    """The caller is known and may not do this."""

    status = 403


class NotFound(Fault):
    """There is no such thing, or none that this caller may know of."""

    status = 404


class Conflict(Fault):
    """The thing moved meanwhile, or was sent before with other content."""

    status = 409


class TooLarge(Fault):
    """More bytes or pixels than are taken."""

    status = 413


class UnsupportedMedia(Fault):
    """A file of a kind that is not taken."""

    status = 415


class Unprocessable(Fault):
    """The request reads well and lacks or mistakes something: `fields` say what."""

    status = 422


class TooMany(Fault):
    """The caller goes too fast; `params['retry_after_s']` says when to come back."""

    status = 429
