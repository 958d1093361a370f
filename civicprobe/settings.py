"""Every setting, read once from the environment; `docs/settings.md` is generated from this file."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "CIVICPROBE_"


class SettingsFault(ValueError):
    """One or more settings are wrong; `faults` holds a sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def _text(value: str) -> str:
    return value.strip()


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _file(value: str) -> str:
    path = Path(value).expanduser().absolute()
    if not path.is_file():
        raise ValueError("is not a file")
    return str(path)


def _flag(value: str) -> bool:
    try:
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
            value.strip().lower()
        ]
    except KeyError:
        raise ValueError("must be 1 or 0") from None


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"must be from {low} to {high}")
        return number

    return parse


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if urlsplit(value).scheme not in schemes:
            raise ValueError(f"must be a URL that begins with one of: {', '.join(schemes)}")
        return value.rstrip("/") if schemes[0].startswith("http") else value

    return parse


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("is not a time zone, such as Asia/Shanghai") from None
    return value


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return value

    return parse


def _setting(parse: Callable[[str], Any], default: Any, doc: str, *, secret: bool = False) -> Any:
    """A field that the environment sets as `CIVICPROBE_<NAME>`; a secret also as `…_FILE`."""
    return field(default=default, metadata={"parse": parse, "doc": doc, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """All settings of one process; `from_env` builds them, `dataclasses.replace` changes a copy."""

    var_dir: Path = _setting(_path, Path("var"), "Folder of everything that is kept by default")
    database_url: str = _setting(
        _url("sqlite", "postgresql", "postgresql+psycopg"),
        "",
        "SQLite or PostgreSQL; empty: civicprobe.db under the folder",
        secret=True,
    )
    redis_url: str = _setting(
        _url("redis", "rediss", "unix"),
        "",
        "Redis or Valkey for the task queue; empty: an embedded Valkey under the folder",
        secret=True,
    )
    storage_url: str = _setting(
        _url("file", "s3"), "", "Photo bytes: file:///folder or s3://bucket; empty: the folder"
    )
    secret_key: str = _setting(
        _text,
        "",
        "Signs sessions and forms; empty: made once, kept under the folder (not with PostgreSQL)",
        secret=True,
    )
    public_url: str = _setting(
        _url("http", "https"), "http://127.0.0.1:8000", "Where people reach the pages"
    )
    tile_url: str = _setting(_text, "", "Map tiles with {z}/{x}/{y}; empty: our own outlines only")
    tile_datum: str = _setting(
        _one_of("wgs84", "gcj02"), "wgs84", "Datum of the map tiles: wgs84 or gcj02"
    )
    timezone: str = _setting(_zone, "Asia/Shanghai", "The city's time zone")
    city_code: str = _setting(_text, "510100", "The city's GB/T 2260 code")
    default_locale: str = _setting(
        _one_of("zh_Hans_CN", "en"), "zh_Hans_CN", "Language when the caller names none"
    )
    two_factor: bool = _setting(_flag, True, "Staff sign in with a one-time code as well (TOTP)")
    max_body_bytes: int = _setting(
        _between(100_000, 100_000_000), 15_000_000, "Largest request body, in bytes"
    )
    max_pixels: int = _setting(
        _between(1_000_000, 300_000_000), 60_000_000, "Largest picture, in pixels"
    )
    photo_wait_s: int = _setting(
        _between(1, 86_400), 600, "How long an announced photo is waited for, in seconds"
    )
    trusted_proxies: int = _setting(
        _between(0, 5), 0, "How many proxies of ours stand in front and say who is calling"
    )
    reads_per_second: int = _setting(
        _between(1, 100_000), 50, "Reads a second per device or account"
    )
    reports_per_minute: int = _setting(
        _between(1, 100_000), 30, "Writes a minute per device or account, in the long run"
    )
    reports_burst: int = _setting(
        _between(1, 1_000_000), 150, "Writes at once per device or account"
    )
    address_factor: int = _setting(
        _between(1, 1_000), 10, "How many times as much an address may (carriers share addresses)"
    )
    nearest_limit_m: int = _setting(
        _between(0, 5_000), 150, "How far outside every grid a point may lie and still be routed"
    )
    landmarks_file: str = _setting(
        _file, "", "Landmarks of the city as CSV: name, lat, lon, radius_m (WGS-84)"
    )
    client_steps: bool = _setting(
        _flag, False, "Count how far riders get with a report, without who"
    )
    edition_check_s: int = _setting(
        _between(1, 10), 3, "How often a process looks for a newly activated map, in seconds"
    )
    smtp_url: str = _setting(
        _url("smtp", "smtps"),
        "",
        "Mail server, smtp://user:password@host:587; empty: no e-mail",
        secret=True,
    )
    mail_from: str = _setting(_text, "", "Sender of our e-mail, such as grid@example.org")
    sms_url: str = _setting(
        _url("https", "http"), "", "HTTP gateway for urgent text messages; empty: none"
    )
    sms_token: str = _setting(_text, "", "Bearer token of the text message gateway", secret=True)
    development: bool = _setting(
        _flag, False, "For developing pages: shows every part in every state under /o/ui"
    )
    log_level: str = _setting(
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "How much is logged"
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings of the environment (default `os.environ`), with the defaults filled in.

        Raises `SettingsFault` naming every fault at once, unknown `CIVICPROBE_…` names included.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        faults = _unknown(source)
        for item in fields(cls):
            try:
                text = _read(item, source)
                if text:
                    values[item.name] = item.metadata["parse"](text)
            except (ValueError, OSError) as fault:
                faults.append(f"{env_name(item)} {fault}")
        if values.get("database_url", "").startswith("postgresql") and "secret_key" not in values:
            faults.append(f"{PREFIX}SECRET_KEY must be set when the database is PostgreSQL")
        if faults:
            raise SettingsFault(faults)
        return cls(**values).completed()

    def completed(self) -> "Settings":
        """The same with what derives from `var_dir` filled in; makes no file."""
        var = self.var_dir.absolute()
        url = self.database_url or f"sqlite:///{var / 'civicprobe.db'}"
        return replace(
            self,
            var_dir=var,
            database_url=url.replace("postgresql://", "postgresql+psycopg://", 1),
            storage_url=self.storage_url or (var / "photos").as_uri(),
        )

    def with_secret(self) -> "Settings":
        """The same with a secret key: the one set, else one made once and kept (mode 0600)."""
        return self if self.secret_key else replace(self, secret_key=_kept_secret(self.var_dir))

    def to_env(self) -> dict[str, str]:
        """The environment that makes these settings again, for the processes of an embedded run."""
        return {
            env_name(item): str(int(value) if isinstance(value, bool) else value)
            for item in fields(self)
            if (value := getattr(self, item.name)) != ""
        }


def env_name(item: "Field[Any]") -> str:
    """The environment's name of a settings field."""
    return PREFIX + item.name.upper()


def _unknown(source: Mapping[str, str]) -> list[str]:
    known = {env_name(item) for item in fields(Settings)}
    known |= {f"{env_name(item)}_FILE" for item in fields(Settings) if item.metadata["secret"]}
    return [f"{name} is not a setting" for name in sorted(source) if _is_strange(name, known)]


def _is_strange(name: str, known: set[str]) -> bool:
    return name.startswith(PREFIX) and name not in known


def _read(item: "Field[Any]", source: Mapping[str, str]) -> str:
    name = env_name(item)
    if item.metadata["secret"] and f"{name}_FILE" in source:
        return Path(source[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    return source.get(name, "")


def _kept_secret(var_dir: Path) -> str:
    """The key in `var_dir/secret-key`; whoever comes first writes it, all others read it."""
    path = var_dir / "secret-key"
    var_dir.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"secret-key.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(own, path)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text(encoding="utf-8").strip()


def as_markdown() -> str:
    """The table of `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Read from the environment when a process starts; every fault is reported at once.",
        "A setting marked * may also be given as a file: `…_FILE` with its path.",
        "",
        "| name | default | meaning |",
        "|---|---|---|",
    ]
    for item in fields(Settings):
        star = " *" if item.metadata["secret"] else ""
        default = "" if item.default in ("", MISSING) else f"`{item.default}`"
        lines.append(f"| `{env_name(item)}`{star} | {default} | {item.metadata['doc']} |")
    return "\n".join(lines) + "\n"
