"""The words for what is measured."""

from collections.abc import Mapping

from flask_babel import LazyString, lazy_pgettext

from civicprobe.stats.measures import Stage

STAGE_NAMES: Mapping[Stage, LazyString] = {
    Stage.REPORTED: lazy_pgettext("funnel", "上报"),
    Stage.VERIFIED: lazy_pgettext("funnel", "核实立案"),
    Stage.DISPATCHED: lazy_pgettext("funnel", "派遣"),
    Stage.HANDLED: lazy_pgettext("funnel", "处置反馈"),
    Stage.CLOSED: lazy_pgettext("funnel", "结案"),
    Stage.SATISFIED: lazy_pgettext("funnel", "满意"),
}
AGE_NAMES = (
    lazy_pgettext("age", "不到 1 天"),
    lazy_pgettext("age", "1–3 天"),
    lazy_pgettext("age", "3–7 天"),
    lazy_pgettext("age", "7–14 天"),
    lazy_pgettext("age", "14 天以上"),
)
DAY_NAMES = (
    lazy_pgettext("day", "一"),
    lazy_pgettext("day", "二"),
    lazy_pgettext("day", "三"),
    lazy_pgettext("day", "四"),
    lazy_pgettext("day", "五"),
    lazy_pgettext("day", "六"),
    lazy_pgettext("day", "日"),
)


def name_stage(stage: Stage) -> str:
    """A stage of the funnel."""
    return str(STAGE_NAMES[stage])


def name_age(index: int) -> str:
    """How long a case has been open."""
    return str(AGE_NAMES[index])


def name_day(weekday: int) -> str:
    """A day of the week, Monday first."""
    return str(DAY_NAMES[weekday])
