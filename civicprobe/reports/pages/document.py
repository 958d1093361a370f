"""The case document (案件单) as PDF: facts, pictures before and after, the steps, the chain's head.

What goes on paper leaves the house: never the rider's words nor the desks' among themselves, and
pictures as others may see them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from uuid import UUID

from flask_babel import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table

from civicprobe.reports.lifecycle.table import Action, Party
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.pages.case import Case
from civicprobe.reports.schemas import TimelineBody
from civicprobe.reports.schemas_photo import PhotoBody
from civicprobe.web.locale import local

# Adobe's own name: readers of PDF bring the glyphs, so that no font has to be shipped.
FONT = "STSong-Light"
WIDTH, PICTURE = 174 * mm, 82 * mm
MOST_STEPS = 200
_RIDERS = frozenset({Party.RIDER, Party.REPORTER, Party.FOLLOWER})
_A = Action
# The words of the handling itself, and the steps that are nobody's business outside.
_SAID = frozenset(
    {
        *(_A.FILE, _A.DISPATCH, _A.ACCEPT, _A.RETURN, _A.PROPOSE, _A.SEND_BACK, _A.INSPECT),
        *(_A.SUSPEND, _A.EXTEND, _A.CLOSE),
    }
)
_INSIDE = frozenset(
    {
        *(_A.ASK_UNMASK, _A.GRANT_UNMASK, _A.OPEN_ORIGINAL, _A.MARK, _A.REDACT),
        *(_A.LEAVE, _A.WATCH, _A.CONFIRM),
    }
)
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=13, wordWrap="CJK")
_HEAD = ParagraphStyle("head", parent=_TEXT, fontSize=16, leading=22)
_PART = ParagraphStyle("part", parent=_TEXT, fontSize=11, leading=18, spaceBefore=8)
_GRID = [
    ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


@dataclass(frozen=True)
class Proof:
    """What ties the paper to the record: the number and hash of the newest step, and when."""

    seq: int
    head: str
    made_at: datetime


def case_document(case: Case, pictures: Mapping[UUID, bytes], proof: Proof) -> bytes:
    """The document of a case, in the language of the request; `pictures` are JPEG bytes by id."""
    registerFont(UnicodeCIDFont(FONT))
    story: list[Flowable] = [
        _words(_("案件单 %(number)s", number=case.body.number), _HEAD),
        _table([[name, value] for name, value in _facts(case)], (30 * mm, WIDTH - 30 * mm)),
    ]
    for title, photos in ((_("处理前"), case.before), (_("处理后"), case.after)):
        story += [_words(title, _PART), _pictures(photos, pictures)]
    story += [_words(_("办理经过"), _PART), _steps(case.body.timeline)]
    story += [Spacer(1, 6 * mm), *(_words(line, _TEXT) for line in _proof(proof))]
    out = BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=A4, title=case.body.number, author="civicprobe", leftMargin=18 * mm,
        rightMargin=18 * mm, topMargin=15 * mm, bottomMargin=15 * mm,
    )  # fmt: skip
    page.build(story)
    return out.getvalue()


def _facts(case: Case) -> list[tuple[str, str]]:
    body = case.body
    place = " ".join(area.name for area in body.areas.values())
    if body.place:
        place += f" ({body.place.lat:.6f}, {body.place.lon:.6f} WGS-84)"
    state = word("state", body.state)
    return [
        (_("状态"), f"{state} {word('outcome', body.outcome)}" if body.outcome else state),
        (_("类别"), case.category.name if case.category else _("未分类")),
        (_("严重程度"), word("severity", body.severity) if body.severity else ""),
        (_("位置"), place.strip() or _("还没有位置")),
        (_("上报于"), f"{local(body.created_at):%Y-%m-%d %H:%M}"),
        (_("承办单位"), case.unit.name if case.unit else ""),
        (_("办理结果"), case.answer or ""),
    ]


def _pictures(photos: Sequence[PhotoBody], pictures: Mapping[UUID, bytes]) -> Flowable:
    shown = [_fitted(pictures[photo.id]) for photo in photos if photo.id in pictures]
    if not shown:
        return _words(_("没有照片"), _TEXT)
    rows = [shown[at : at + 2] for at in range(0, len(shown), 2)]
    return Table([[*row, ""][:2] for row in rows], colWidths=[WIDTH / 2] * 2)


def _fitted(data: bytes) -> Image:
    width, height = ImageReader(BytesIO(data)).getSize()
    scale = min(PICTURE / width, PICTURE / height)
    return Image(BytesIO(data), width=width * scale, height=height * scale)


def _steps(timeline: Sequence[TimelineBody]) -> Table:
    rows = [
        [
            f"{local(step.at):%Y-%m-%d %H:%M}",
            word("party", step.actor_role),
            word("step", step.action),
            (step.note or "") if _is_said(step) else "",
        ]
        for step in [step for step in timeline if step.action not in _INSIDE][-MOST_STEPS:]
    ]
    return _table(rows, (30 * mm, 20 * mm, 54 * mm, WIDTH - 104 * mm))


def _is_said(step: TimelineBody) -> bool:
    return step.action in _SAID and step.actor_role not in _RIDERS


def _proof(proof: Proof) -> list[str]:
    return [
        _("第 %(seq)s 步，记录链校验码：%(head)s", seq=proof.seq, head=proof.head),
        _("打印于 %(at)s", at=f"{local(proof.made_at):%Y-%m-%d %H:%M}"),
    ]


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    cells = [[_words(text, _TEXT) for text in row] for row in rows]
    return Table(cells, colWidths=widths, style=_GRID)


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    """Text as it stands: what people wrote is no markup."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(plain.replace("\n", "<br/>"), style)
