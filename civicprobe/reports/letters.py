"""The words of a message outside: the topic, the number, the category and a link, and nothing that
a stranger who reads it could use."""

from collections.abc import Sequence

from flask import render_template
from flask_babel import force_locale
from sqlalchemy.orm import Session

from civicprobe.catalog.models import Category
from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.message import Letter
from civicprobe.notices.models import Notice
from civicprobe.notices.outgoing import Parcel
from civicprobe.reports.lifecycle.table import Topic
from civicprobe.reports.lifecycle.words import TOPICS
from civicprobe.reports.models import Report
from civicprobe.reports.numbers import row_id_of


def letter_of(session: Session, parcel: Parcel, public_url: str) -> Letter:
    """The message of a parcel in its receiver's language."""
    notices = [notice for _, notice in parcel.items]
    most = CHANNELS[parcel.contact.channel].rate.bundle
    with force_locale(parcel.contact.locale):
        matters = [_matter(session, notice, parcel.contact.locale) for notice in notices]
        shown = {"matters": matters[:most], "more": max(0, len(matters) - most)}
        text = render_template("notices/letter.txt", **shown).strip()
        subject = render_template("notices/subject.txt", matters=matters).strip()
    return Letter(
        id=parcel.id,
        subject=subject,
        text=text,
        link=_link(public_url, notices),
        matters=tuple(
            {"topic": notice.topic, "number": notice.number, "category": str(matter["code"])}
            for notice, matter in zip(notices, matters, strict=True)
        ),
    )


def _matter(session: Session, notice: Notice, locale: str) -> dict[str, str]:
    report = session.get(Report, row_id_of(notice.number))
    code = report.category_code if report else None
    category = session.get(Category, code) if code else None
    name = "" if category is None else category.name_en if locale == "en" else category.name_zh
    return {
        "topic": str(TOPICS[Topic(notice.topic)]),
        "number": notice.number,
        "category": name,
        "code": category.code if category else "",
    }


def _link(public_url: str, notices: Sequence[Notice]) -> str:
    """To the case if it is about one, else to the inbox; both ask who is there."""
    numbers = {notice.number for notice in notices}
    return f"{public_url}/to/{numbers.pop()}" if len(numbers) == 1 else f"{public_url}/inbox"
