"""The case desk: the preview beside the table, acting in it, and looking again."""

import re

from .conftest import form_for, forms_in

BESIDE = {"X-Part": "preview"}


def act_beside(client, number, action, **typed):
    """Fill in a form of the preview and send it as the desk's script does."""
    form = form_for(client.get(f"/o/{number}/preview"), action)
    form.fields.update(typed)
    return client.post(form.action, data=form.fields, headers=BESIDE)


def test_the_desk_opens_with_the_case_that_its_address_names(town):
    number = town.report(town.rider(), note="大坑")
    page = town.staff("street").get(f"/o?view=all&open={number}").text
    assert "desk-open" in page
    assert "大坑" in page
    assert town.staff("street").get("/o?open=C0000-0000-0").status_code in (400, 404)


def test_deciding_beside_the_table_answers_with_the_preview(town):
    number = town.report(town.rider())
    desk = town.staff("street")
    bare = act_beside(desk, number, "propose", note="看过了")
    assert bare.status_code == 422
    assert "请选择办理结果" in bare.text
    assert "看过了" in bare.text
    assert "<html" not in bare.text
    done = act_beside(desk, number, "file", category="road_damage")
    assert done.status_code == 200
    assert "已立案" in done.text
    assert f"{number} 已办好" in done.text


def test_a_conflict_beside_the_table_keeps_the_words(town):
    number = town.handled()
    town.looked_at(number)
    first, second = town.staff("street"), town.staff("street-2")
    late = form_for(second.get(f"/o/{number}/preview"), "close")
    act_beside(first, number, "close")
    late.fields["public_note"] = "已补好路面，谢谢。"
    answer = second.post(late.action, data=late.fields, headers=BESIDE)
    assert answer.status_code == 409
    assert "已补好路面，谢谢。" in answer.text


def test_looking_again_costs_nothing_until_something_happened(town):
    number = town.report(town.rider())
    desk = town.staff("street")
    first = desk.get("/o/rows?view=all")
    assert re.findall(r'<tr id="([^"]+)" data-version="(\d+)"', first.text) == [(number, "2")]
    tag = {"If-None-Match": first.headers["ETag"]}
    assert desk.get("/o/rows?view=all", headers=tag).status_code == 304
    act_beside(desk, number, "file", category="road_damage")
    assert desk.get("/o/rows?view=all", headers=tag).status_code == 200


def test_what_is_older_leads_to_the_page_and_not_to_the_part(town, monkeypatch):
    monkeypatch.setattr("civicprobe.reports.pages.office.ROWS", 1)
    for _ in range(2):
        town.report(town.rider())
    again = town.staff("street").get("/o/rows?view=all").text
    assert re.search(r'href="/o\?[^"]+" rel="next"', again)


def test_rows_tell_who_has_it_and_since_when(town):
    number = town.dispatched()
    row = town.staff("street").get("/o/rows?view=all").text
    assert "养护队" in row
    assert "小李" in row
    assert f'aria-label="选中 {number}"' in row


def test_others_have_no_desk(town):
    for who in ("member", "unit"):
        for path in ("/o", "/o/rows"):
            assert town.staff(who).get(path).status_code == 403


def test_a_member_takes_a_decision_back_from_the_next_card(town):
    first, second = (town.report(town.rider()) for _ in range(2))
    member = town.staff("member")
    answer = town.act(member, f"/g/{first}", "file", category="road_damage")
    assert answer.location == f"/g/{second}"
    undo = form_for(member.get(answer.location), "undo")
    assert undo.action == f"/g/{first}"
    assert town.send(member, undo).status_code == 303
    assert "待核实" in member.get(f"/g/{first}").text


def test_one_tap_is_a_whole_answer(town):
    number = town.report(town.rider())
    member = town.staff("member")
    refuse = next(
        form
        for form in forms_in(member.get(f"/g/{number}"))
        if form.fields.get("action") == "propose" and "note" not in form.fields
    )
    assert town.send(member, refuse, outcome="not_a_hazard").status_code == 303
    other = town.report(town.rider())
    page = member.get(f"/g/{other}")
    assert 'name="question" value="' in page.text
    asked = town.send(member, form_for(page, "ask"), question="麻烦拍一张带路牌的远景，谢谢。")
    assert asked.status_code == 303


def test_a_desk_writes_down_what_came_of_a_hand_over(town):
    phone = town.rider()
    number = town.report(phone)
    page, desk = f"/o/{number}", town.staff("street")
    town.act(town.staff("member"), f"/g/{number}", "file", category="road_damage")
    out = {
        "outcome": "transferred",
        "note": "归城管",
        "destination": "城管热线",
        "receipt": "CD-77",
    }
    assert town.act(desk, page, "propose", **out).status_code == 303
    town.act(town.staff("street-2"), page, "close", public_note="已转交")
    assert "还没有结果" in desk.get(page).text
    assert town.act(desk, page, "result", answer="received").status_code == 422
    town.act(desk, page, "result", answer="waiting", note="电话催过")
    assert "下次问结果" in desk.get(page).text
    town.act(desk, page, "result", answer="received", note="井盖已换新")
    assert "还没有结果" not in desk.get(page).text
    rider = phone.get(f"/r/reports/{number}").text
    assert "井盖已换新" in rider
    assert "电话催过" not in rider
