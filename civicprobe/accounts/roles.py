"""What somebody may be. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """The role of a caller; `worker` is the software itself and never signs in."""

    RIDER = "rider"
    MEMBER = "member"
    UNIT = "unit"
    OFFICE = "office"
    ADMIN = "admin"
    WORKER = "worker"
