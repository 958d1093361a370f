"""Puts new words of code and templates into every catalog (`make messages`).

Nothing is taken out: codes of the domain are looked up by name and stand nowhere in the code.
"""

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

CODE = Path(__file__).parents[1] / "civicprobe"
LOCALES = ("zh_Hans_CN", "en")
METHODS = [("**.py", "python"), ("templates/**", "jinja2")]
KEYWORDS = DEFAULT_KEYWORDS | {
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}


def named() -> Catalog:
    """Every message that code and templates name."""
    catalog = Catalog()
    for _file, _line, ids, _, context in extract_from_dir(CODE, METHODS, keywords=KEYWORDS):
        catalog.add(ids, context=context)
    return catalog


def path_of(locale: str) -> Path:
    """The catalog's file."""
    return CODE / "translations" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """The catalog; raises PoFileError where it is malformed."""
    with path_of(locale).open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def is_open(message: Message) -> bool:
    """Whether it still waits for a translator."""
    texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return bool(message.id) and (message.fuzzy or not all(texts))


def main() -> None:
    """Add what is missing."""
    for locale in LOCALES:
        catalog = read(locale) if path_of(locale).exists() else Catalog(locale=locale, fuzzy=False)
        for message in named():
            if catalog.get(message.id, message.context) is None:
                catalog.add(message.id, context=message.context)
        path_of(locale).parent.mkdir(parents=True, exist_ok=True)
        with path_of(locale).open("wb") as file:
            write_po(file, catalog, width=0)
        print(f"{locale}: {sum(map(is_open, catalog))} to translate")


if __name__ == "__main__":
    main()
