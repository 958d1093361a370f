"""What the administration's pages are made of. A register is a table that an office keeps: its
columns, its form, what may be done with a line. The pages know no register by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import LazyString
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.services.staff import Desk
from civicprobe.settings import Settings

Values = Mapping[str, str]
Choices = Sequence[tuple[str, str]]
STAFF = frozenset({Role.OFFICE, Role.ADMIN})
ROWS = 50


@dataclass(frozen=True)
class Ask:
    """Who asks, on which session, when."""

    session: Session
    actor: Actor
    settings: Settings
    now: datetime

    @property
    def is_city(self) -> bool:
        """Whether what holds for the whole city is theirs to set."""
        return self.actor.role is Role.ADMIN or self.actor.area_code == self.settings.city_code

    @property
    def top(self) -> str | None:
        """The area at and below which they set things; None for the whole city."""
        return None if self.is_city else self.actor.area_code or ""

    @property
    def by(self) -> int | None:
        """The account that a change is written down for."""
        return self.actor.account_id

    @property
    def desk(self) -> Desk:
        """The same for services of the grid."""
        return Desk(self.actor, self.settings.city_code, self.now)


_NAMES = ("name_zh", "name", "username", "address")


def _free(_ask: Ask) -> Choices:
    return ()


@dataclass(frozen=True)
class Field:
    """One field of a form. `kind` is text, number, date, select, tick or list (text with
    suggestions); `fixed` is given at the making and never changed."""

    name: str
    label: LazyString
    kind: str = "text"
    most: int = 100
    required: bool = False
    fixed: bool = False
    hint: LazyString | str = ""
    choices: Callable[[Ask], Choices] = _free
    value: str = ""

    def said(self, ask: Ask, values: Values) -> str:
        """Its value in words."""
        text = values.get(self.name, "")
        return dict(self.choices(ask)).get(text, text) if self.kind == "select" else text


@dataclass(frozen=True)
class Line:
    """One line of a list: its key, its cells, and a mark if something is to be said of it."""

    key: str
    cells: Sequence[str]
    mark: tuple[str, str] | None = None


@dataclass(frozen=True)
class Said:
    """What was done, in words; `secret` is shown this once. `kind` is good, warn or bad."""

    words: str
    secret: str = ""
    kind: str = "good"
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class Deed:
    """What may be done with a line besides changing it. `warning` is read before it is confirmed;
    `shown` looks at the line's values."""

    name: str
    words: LazyString
    icon: str
    run: Callable[[Ask, str], Said]
    warning: LazyString | None = None
    shown: Callable[[Ask, Values], bool] = lambda _ask, _values: True


@dataclass(frozen=True)
class File:
    """The register as a file: written (if it can be) so that it can be read in again."""

    read: Callable[[Ask, bytes, Values], Said]
    hint: LazyString
    write: Callable[[Ask], bytes] | None = None
    fields: Sequence[Field] = ()
    accept: str = ".csv,text/csv"


@dataclass(frozen=True)
class Register:
    """`lines` are asked for with what names begin with and how many to pass over; `find` raises
    NotFound; `save` is given None for a new line and answers the key and what to say. `audit` is
    how the codes of its recorded changes begin, `about` what is to be known above the list, `kept`
    which lines have nothing to change here."""

    key: str
    icon: str
    title: LazyString
    help: LazyString
    columns: Sequence[LazyString]
    lines: Callable[[Ask, str, int], Sequence[Line]]
    find: Callable[[Ask, str], Values]
    audit: str
    fields: Sequence[Field] = ()
    save: Callable[[Ask, str | None, Values], tuple[str, Said]] | None = None
    deeds: Sequence[Deed] = ()
    file: File | None = None
    may_change: Callable[[Ask], bool] = lambda _ask: True
    sees: frozenset[Role] = field(default=STAFF)
    about: Callable[[Ask], Sequence[str]] = lambda _ask: ()
    kept: Callable[[Values], bool] = lambda _values: False
    searched: bool = False
    city_wide: bool = True
    also: Callable[[Ask, str], Sequence[tuple[str, str]]] = lambda _ask, _key: ()

    def call(self, ask: Ask, values: Values) -> str:
        """What a line is called on its page: its name, or what is fixed about it, in words."""
        named = next((values[n] for n in _NAMES if values.get(n)), "")
        fixed = [field for field in self.fields if field.fixed and values.get(field.name)]
        return named or " · ".join(field.said(ask, values) for field in fixed)


def read_form(ask: Ask, fields: Sequence[Field], typed: Values) -> dict[str, str]:
    """What was typed, each field within its limits; raises Unprocessable naming those at fault."""
    values = {field.name: typed.get(field.name, "").strip() for field in fields}
    faults = [
        FieldFault(field.name, code)
        for field in fields
        if (code := _fault(ask, field, values[field.name]))
    ]
    if faults:
        raise Unprocessable("incomplete", *faults)
    return values


def _fault(ask: Ask, field: Field, text: str) -> str | None:
    wrong = {
        "missing": field.required and not text,
        "field_too_long": len(text) > field.most,
        "control_character": not text.isprintable(),
        "enum": field.kind == "select" and text not in {"", *(k for k, _ in field.choices(ask))},
        "number": field.kind == "number" and bool(text) and not text.isdecimal(),
    }
    return next((code for code, is_wrong in wrong.items() if is_wrong), None)
