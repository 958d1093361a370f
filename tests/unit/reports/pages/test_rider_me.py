"""A rider's own page: who was told of them, what they watch, and having everything forgotten."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from civicprobe.db import db, utc_now
from civicprobe.reports.models import Clock, Report

from .conftest import forms_in


def erasing(phone):
    return next(form for form in forms_in(phone.get("/r/me")) if form.action == "/r/me/erase")


def test_everything_is_forgotten_once_it_is_meant(town):
    phone = town.rider()
    number = town.report(phone, note="路中间有个大坑")
    refused = town.send(phone, erasing(phone))
    assert refused.status_code == 422
    assert "我确定" in refused.text
    assert "路中间有个大坑" in phone.get(f"/r/reports/{number}").text
    done = town.send(phone, erasing(phone), sure="yes")
    assert done.status_code == 303
    after = phone.get(done.location).text
    assert "1 件上报不再和您有关" in after
    assert "data-erased" in after
    assert phone.get(f"/r/reports/{number}").status_code == 404
    assert "这里还没有上报" in phone.get("/r/mine").text
    card = town.staff("street").get(f"/o/{number}").text
    assert "路中间有个大坑" not in card


def test_who_was_told_who_i_am_and_why(town):
    phone = town.rider()
    number = town.report(phone)
    assert "没有人。" in phone.get("/r/me").text
    page = f"/o/{number}"
    assert (
        town.act(town.staff("street"), page, "ask_unmask", reason="要当面核实").status_code == 303
    )
    assert "没有人。" in phone.get("/r/me").text  # asked is not granted
    answer = town.act(town.staff("district"), page, "grant_unmask", reason="涉及人身安全")
    assert answer.status_code == 303
    told = phone.get("/r/me").text
    assert "大弯街道" in told
    assert number in told
    assert "涉及人身安全" in told
    assert "涉及人身安全" not in town.rider().get("/r/me").text


def watching(phone, number, on):
    csrf = forms_in(phone.get("/r/me"))[0].fields["csrf_token"]
    asked = {"csrf_token": csrf, "id": str(uuid4()), "action": "watch", "on": on}
    return phone.post(f"/r/watch/{number}", data=asked)


def test_what_is_watched_is_listed_until_it_is_not(town):
    number = town.report(town.rider())
    passer = town.rider()
    assert "我关注的" not in passer.get("/r/mine").text
    assert watching(passer, number, "true").location == "/r/mine#watched"
    listed = passer.get("/r/mine")
    assert "我关注的" in listed.text
    assert number in listed.text
    assert passer.get(f"/r/reports/{number}").status_code == 404  # its words are not theirs
    leave = next(form for form in forms_in(listed) if form.action == f"/r/watch/{number}")
    assert town.send(passer, leave).status_code == 303
    assert "我关注的" not in passer.get("/r/mine").text


def test_news_are_one_a_report(town):
    phone = town.rider()
    number = town.report(phone)
    town.act(town.staff("member"), f"/g/{number}", "ask", question="哪一边？")
    town.settle()
    page = phone.get("/r/mine").text
    assert "有一个问题请您回答" in page
    assert "已收到您的上报" not in page


def test_who_waits_too_long_urges_with_one_tap_and_is_told_when_it_should_be_done(town):
    phone = town.rider()
    number = town.report(phone)
    page = f"/r/reports/{number}"
    assert "前办结" in phone.get(page).text
    assert "已经晚了" not in phone.get(page).text
    with town.app.app_context():
        report = db.session().scalar(select(Report))
        report.due_at = utc_now() - timedelta(hours=1)
        for clock in db.session().scalars(select(Clock).where(Clock.report_id == report.id)):
            clock.due_at = utc_now() - timedelta(hours=1)
        db.session().commit()
    assert "已经晚了" in phone.get(page).text
    assert town.act(phone, page, "remind").status_code == 303
    assert "催办" in phone.get(page).text
    assert all(form.fields.get("action") != "remind" for form in forms_in(phone.get(page)))


def test_an_invitation_is_typed_in_here(town):
    form = next(form for form in forms_in(town.rider().get("/r/me")) if form.action == "/g/join")
    assert "code" in form.fields


def test_what_is_about_the_street_goes_past_it(town):
    phone = town.rider()
    assert 'name="about_us"' in phone.get("/r").text
    number = town.report(phone, about_us="true")
    assert town.staff("street").get(f"/o/{number}").status_code == 404
    assert town.staff("district").get(f"/o/{number}").status_code == 200
