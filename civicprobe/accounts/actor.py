"""Who is calling, as a value that services can judge. Pure."""

from dataclasses import dataclass

from civicprobe.accounts.roles import Role


@dataclass(frozen=True)
class Actor:
    """One caller. A rider is a device; staff are an account, with the phones linked to it.

    `area_code` is the area an account is scoped to (a desk's own area), `unit_id` its unit.
    """

    role: Role
    account_id: int | None = None
    device_ids: frozenset[int] = frozenset()
    area_code: str | None = None
    unit_id: int | None = None
    token_id: int | None = None

    @property
    def key(self) -> str:
        """One string a person: what is remembered for a caller is kept under it."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return f"device:{min(self.device_ids, default=0)}"
