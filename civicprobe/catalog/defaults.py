"""The categories a city starts with: what riders see most, each with where its name comes from.

Cities renumber (domain notes on GB/T 30428.2), so codes are data; a city imports its own.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from civicprobe.catalog.limits import load_default_limits
from civicprobe.catalog.models import Category

STANDARD = "GB/T 30428.2"
EXTENDED = "城市扩展类别"


@dataclass(frozen=True)
class Default:
    """One starting category; `major` is the standard's major class (部件 or 事件大类)."""

    code: str
    name_zh: str
    name_en: str
    major: str
    icon: str
    source: str
    emergency: bool = False
    self_service: bool = False
    plates_matter: bool = False


DEFAULTS = (
    Default(
        "missing_cover",
        "井盖缺失破损",
        "Manhole cover missing or broken",
        "公用设施",
        "cover",
        STANDARD,
        emergency=True,
    ),
    Default("road_damage", "路面坑洞塌陷", "Road hole or subsidence", "突发事件", "road", STANDARD),
    Default(
        "fire_lane",
        "消防通道堵塞",
        "Fire lane blocked",
        "街面秩序",
        "fire",
        EXTENDED,
        plates_matter=True,
    ),
    Default("flying_wire", "飞线充电", "Flying-wire charging", "街面秩序", "wire", EXTENDED),
    Default("light_out", "路灯不亮", "Street light out", "公用设施", "light", STANDARD),
    Default(
        "rubbish", "暴露垃圾", "Exposed rubbish", "市容环境", "rubbish", STANDARD, self_service=True
    ),
    Default(
        "illegal_parking",
        "车辆乱停放",
        "Illegal parking",
        "街面秩序",
        "parking",
        STANDARD,
        plates_matter=True,
    ),
    Default(
        "standing_water", "道路积水", "Standing water on the road", "突发事件", "water", STANDARD
    ),
    Default("other", "其他隐患", "Other hazard", "其他", "other", STANDARD),
)


def load_defaults(session: Session, now: datetime) -> int:
    """Add the starting categories that are not there yet; how many were added."""
    added = 0
    for rank, item in enumerate(DEFAULTS):
        if session.get(Category, item.code) is None:
            session.add(Category(**vars(item), rank=rank, active=True))
            added += 1
    session.flush()
    load_default_limits(session, now)
    return added
