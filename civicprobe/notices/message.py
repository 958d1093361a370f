"""What a channel outside is given to carry, and how it may fail. Number, kind and link: no more."""

from dataclasses import dataclass
from typing import Protocol

from civicprobe.notices.rules import Rate
from civicprobe.settings import Settings


@dataclass(frozen=True)
class Letter:
    """One message to one address. `id` is the same whenever it is sent again.

    `subject` and `text` are in the receiver's language; `matters` are the codes and numbers that
    it tells of, for programs.
    """

    id: str
    subject: str
    text: str
    link: str
    matters: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Address:
    """Where it goes: an e-mail address, a URL with its secret, a telephone number."""

    to: str
    secret: str = ""


class ChannelDown(Exception):
    """The channel does not work now; what waits for it is tried again later."""


class Refused(Exception):
    """This address will never take it; it is kept as a dead letter."""


class Channel(Protocol):
    """One way out of the house; a file each.

    `shared`: one server carries for all, so that a failure speaks for every address.
    """

    name: str
    shared: bool
    rate: Rate

    def is_set_up(self, settings: Settings) -> bool:
        """Whether the settings name what it needs."""

    def check(self, to: str) -> bool:
        """Whether an address is one of this channel's."""

    def send(self, letter: Letter, address: Address, settings: Settings) -> None:
        """Hand it over; raises ChannelDown or Refused. Never inside a transaction."""
