"""The case document: a PDF with the pictures and the chain's head, and never the rider's words."""

import re
import zlib
from base64 import a85decode

import pytest
from sqlalchemy import select, update

from civicprobe.accounts.queries import actor_of_account, get_account
from civicprobe.catalog.models import Category
from civicprobe.db import db, utc_now
from civicprobe.reports.lifecycle.commands import Add, Mark
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.services.add import add
from civicprobe.reports.services.mark import mark
from civicprobe.reports.transitions import By


def text_of(pdf: bytes) -> str:
    """What the pages say: strings of a CID font are UTF-16."""
    streams = re.findall(rb"stream\r?\n(.*?)\s*endstream", pdf, re.S)
    said = ""
    for stream in streams:
        try:
            page = zlib.decompress(a85decode(stream.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
        for part in re.findall(rb"\((.*?)(?<!\\)\) Tj", page, re.S):
            plain = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), part)
            said += re.sub(rb"\\(.)", rb"\1", plain).decode("utf-16-be", "replace")
    return said


def test_a_desk_prints_a_case_with_pictures_and_the_head_of_its_chain(town):
    phone = town.rider()
    number = town.handled(phone)
    answer = town.staff("street").get(f"/o/{number}/document.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.data.count(b"/Subtype /Image") >= 2, "before and after"
    said = text_of(answer.data)
    assert number in said
    assert "处理前" in said
    assert re.search(r"[0-9a-f]{64}", said.replace("\n", ""))
    assert town.staff("unit").get(f"/o/{number}/document.pdf").status_code == 403
    assert phone.get(f"/o/{number}/document.pdf").status_code in {302, 401, 403}


def test_the_riders_words_stay_in_the_house(town):
    number = town.dispatched(note="我叫老王，电话 13800000000")
    answer = town.staff("street").get(f"/o/{number}/document.pdf")
    said = text_of(answer.data)
    assert number in said
    assert "老王" not in said
    assert "13800000000" not in said


def test_what_desks_say_among_themselves_and_what_is_sensitive_is_not_printed(town):
    number = town.handled()
    desk = town.staff("street")
    with town.app.app_context():
        session = db.session()
        session.execute(update(Category).values(plates_matter=True))
        session.execute(update(Photo).values(plates_sha256="f" * 64))
        report = session.scalars(select(Report)).one()
        by = By(actor_of_account(session, get_account(session, "street")), utc_now())
        add(session, report, Add(note="内部意见", audience="office"), by=by)
        session.commit()
    answer = desk.get(f"/o/{number}/document.pdf")
    assert answer.data.count(b"/Subtype /Image") >= 2, "never the copy on which plates are read"
    assert "内部意见" not in text_of(answer.data)
    with town.app.app_context():
        session = db.session()
        report = session.scalars(select(Report)).one()
        command = Mark.model_validate({"marking": "sensitive", "note": "有人受伤"})
        mark(session, report, command, by=By(by.actor, utc_now()))
        session.commit()
    answer = desk.get(f"/o/{number}/document.pdf")
    assert answer.status_code == 200
    assert b"/Subtype /Image" not in answer.data
    said = text_of(answer.data)
    assert "派遣" in said
    assert "已标记" not in said, "nobody's business outside"
    assert "有人受伤" not in said


def test_a_case_is_handed_over_as_data_without_the_rider(town):
    number = town.dispatched(note="我叫老王，电话 13800000000")
    desk = town.staff("street")
    answer = desk.get(f"/o/{number}/handover.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.json"'
    said = answer.get_data(as_text=True)
    with town.app.app_context():
        report = db.session.scalars(select(Report)).one()
    for secret in ("老王", "13800000000", str(report.uuid)):
        assert secret not in said
    body = answer.get_json()
    assert (body["number"], body["receipt"]) == (number, None)
    assert body["hazard"]["category"] == report.category_code
    assert body["place"]["wgs84"] == pytest.approx([report.lat, report.lon], abs=1e-6)
    assert body["place"]["areas"]["street"]["code"] == report.street_code
    assert body["reported_at"].endswith(":00+08:00")
    assert body["chain"] == {"seq": report.seq, "head": report.head_hash}
    assert [step["action"] for step in body["handling"]] == ["file", "dispatch"]
    assert town.staff("unit").get(f"/o/{number}/handover.json").status_code == 403
