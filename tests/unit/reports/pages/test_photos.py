"""Copies of photos: through the app, to those who may see the step they came with."""

import re
from uuid import uuid4

from .conftest import HERE, a_photo


def thumbs(page: str) -> list[str]:
    return re.findall(r'href="(/photos/[0-9a-f-]+/screen)"', page)


def test_who_may_know_of_the_report_sees_its_photo(town):
    phone = town.rider()
    number = town.report(phone)
    (path,) = thumbs(phone.get(f"/r/reports/{number}").text)
    answer = phone.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8")
    assert town.staff("member").get(path).status_code == 200
    assert town.staff("street").get(path).status_code == 200
    assert town.staff("unit").get(path).status_code == 404
    assert town.rider().get(path).status_code in (401, 404)
    assert phone.get(path.replace("screen", "original")).status_code in (401, 403)


def test_the_answer_is_private_and_revalidated(town):
    phone = town.rider()
    number = town.report(phone)
    (path,) = thumbs(phone.get(f"/r/reports/{number}").text)
    first = phone.get(path)
    assert first.headers["Cache-Control"].startswith("private")
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    again = phone.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_not_ready_and_unknown_look_alike(town):
    phone = town.rider()
    answer = town.snap(phone, [a_photo()])
    page = phone.get(answer.location).text
    assert "正在处理" in page
    assert thumbs(page) == []
    assert phone.get(f"/photos/{uuid4()}/thumb").status_code == 404


def test_a_picture_for_offices_is_theirs_alone(town):
    phone = town.rider()
    number = town.dispatched(phone)
    desk = town.staff("street")
    kept = town.act(desk, f"/o/{number}", "add", [a_photo(HERE, 7)], note="内部", audience="office")
    assert kept.status_code == 303
    town.settle()
    path = thumbs(desk.get(f"/o/{number}").text)[-1]
    assert desk.get(path).status_code == 200
    assert path not in phone.get(f"/r/reports/{number}").text
    assert phone.get(path).status_code == 404
    assert town.staff("unit").get(path).status_code == 404


def test_after_the_repair_everybody_sees_both(town):
    phone = town.rider()
    number = town.handled(phone)
    paths = thumbs(phone.get(f"/r/reports/{number}").text)
    assert len(paths) == 2
    assert {phone.get(path).status_code for path in paths} == {200}


def test_a_browser_that_is_both_desk_and_phone_sees_as_either(town):
    phone = town.rider()
    number = town.report(phone)
    (path,) = thumbs(phone.get(f"/r/reports/{number}").text)
    with phone.session_transaction() as session, town.staff("unit").session_transaction() as unit:
        session.update(unit)
    assert phone.get(path).status_code == 200
