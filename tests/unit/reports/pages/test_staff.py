"""The pages of member, unit and desk: the arc by hand, and what goes wrong on the way."""

import re

from .conftest import HERE, THERE, a_photo, form_for, forms_in


def test_the_card_says_why_it_came_to_this_member(town):
    number = town.report(town.rider(), note="大坑")
    page = town.staff("member").get(f"/g/{number}").text
    assert "微网格网格员" in page
    assert "就在这个网格里" in page
    assert "大坑" in page


def test_after_a_decision_comes_the_next_card(town):
    first, second = (town.report(town.rider()) for _ in range(2))
    member = town.staff("member")
    answer = town.act(member, f"/g/{first}", "file", category="road_damage")
    assert answer.location == f"/g/{second}"
    answer = town.act(member, f"/g/{second}", "propose", outcome="not_found")
    assert answer.location == "/g"
    assert "都处理完了" in member.get("/g").text


def test_the_next_card_may_come_in_the_answer_itself(town):
    first, second = town.report(town.rider()), town.report(town.rider())
    member = town.staff("member")
    form = form_for(member.get(f"/g/{first}"), "file")
    form.fields["category"] = "road_damage"
    answer = member.post(form.action, data=form.fields, headers={"X-Part": "next"})
    assert answer.status_code == 200
    assert answer.headers["X-Page"] == f"/g/{second}"
    assert f"{first} 已办好" in answer.text
    assert f'action="/g/{second}"' in answer.text


def test_usual_words_stand_in_for_a_note(town):
    phone = town.rider()
    number = town.report(phone)
    town.act(town.staff("member"), f"/g/{number}", "propose", outcome="not_a_hazard")
    assert "已查看，不构成隐患。" in town.staff("street").get(f"/o/{number}").text


def test_a_decision_without_a_choice_is_refused(town):
    number = town.report(town.rider())
    answer = town.act(town.staff("member"), f"/g/{number}", "propose", note="看过了")
    assert answer.status_code == 422
    assert "请选择办理结果" in answer.text
    assert "看过了" in answer.text


def test_the_unit_never_reads_the_riders_words(town):
    number = town.dispatched(note="我叫老王，路上有坑")
    unit = town.staff("unit")
    assert "老王" not in unit.get(f"/h/{number}").text + unit.get("/h").text
    assert town.staff("unit").get(f"/g/{number}").status_code == 403


def test_fixed_needs_a_photo_and_a_photo_sent_once_is_kept(town):
    number = town.dispatched()
    unit = town.staff("unit")
    bare = town.act(unit, f"/h/{number}", "propose", outcome="fixed", note="填平了")
    assert bare.status_code == 422
    assert "需要修复后的照片" in bare.text
    assert "填平了" in bare.text
    wordless = town.act(unit, f"/h/{number}", "propose", [a_photo(HERE, 5)], outcome="fixed")
    assert wordless.status_code == 422
    assert "已收到 1 张照片" in wordless.text
    again = town.send(unit, form_for(wordless, "propose"), note="填平了")
    assert again.status_code == 303
    assert "待核查" in unit.get(again.location).text


def test_accepting_leads_on_to_handing_in(town):
    number = town.dispatched()
    unit = town.staff("unit")
    assert town.act(unit, f"/h/{number}", "accept").status_code == 303
    page = unit.get(f"/h/{number}")
    assert [f.fields["action"] for f in forms_in(page) if "action" in f.fields] == [
        "propose",
        "request",
        "return",
        "add",
    ]


def test_the_whole_arc_by_hand(town):
    phone = town.rider()
    number = town.handled(phone)
    desk = town.staff("street")
    town.looked_at(number)
    page = desk.get(f"/o/{number}")
    assert "处理后" in page.text
    form = form_for(page, "close")
    assert "感谢您的上报" in form.fields["public_note"]
    assert town.send(desk, form, public_note="坑已填平，谢谢您。").status_code == 303
    seen = phone.get(f"/r/reports/{number}").text
    assert "坑已填平，谢谢您。" in seen
    assert "已修复" in seen
    assert "没修好，退回重办" in seen


def test_send_back_and_reopen(town):
    phone = town.rider()
    number = town.handled(phone)
    desk = town.staff("street")
    assert town.act(desk, f"/o/{number}", "send_back", reason="还没压实").status_code == 303
    assert "还没压实" in town.staff("unit").get(f"/h/{number}").text
    after = [a_photo(HERE, 6)]
    town.act(town.staff("unit"), f"/h/{number}", "propose", after, outcome="fixed", note="压实了")
    assert not [f for f in forms_in(desk.get(f"/o/{number}")) if f.fields.get("action") == "close"]
    town.looked_at(number)
    town.act(desk, f"/o/{number}", "close")
    assert town.act(phone, f"/r/reports/{number}", "reopen", reason="又塌了").status_code == 303
    assert "处置中" in phone.get(f"/r/reports/{number}").text


def test_two_desks_at_once_nothing_overwritten_and_the_words_kept(town):
    number = town.report(town.rider())
    town.act(town.staff("member"), f"/g/{number}", "file", category="road_damage")
    first, second = town.staff("street"), town.staff("district")
    forms = [form_for(desk.get(f"/o/{number}"), "dispatch") for desk in (first, second)]
    assert town.send(first, forms[0], unit="1").status_code == 303
    late = town.send(second, forms[1], unit="1", note="先放警示牌")
    assert late.status_code == 409
    assert "您填写的时候，有了新的变化" in late.text
    assert "先放警示牌" in late.text
    shown = form_for(late, "dispatch")
    assert shown.fields["version"] != forms[1].fields["version"]
    assert town.send(second, shown).status_code == 303


def test_the_same_form_twice_is_one_step(town):
    number = town.report(town.rider())
    member = town.staff("member")
    form = form_for(member.get(f"/g/{number}"), "file")
    form.fields["category"] = "road_damage"
    assert [town.send(member, form).status_code for _ in range(2)] == [303, 303]
    assert town.staff("street").get(f"/o/{number}").text.count("已核实立案") == 1


def test_what_is_no_longer_possible_leaves_the_words_to_copy(town):
    number = town.handled()
    first, second = town.staff("street"), town.staff("street-2")
    town.looked_at(number)
    stale = form_for(second.get(f"/o/{number}"), "send_back")
    town.act(first, f"/o/{number}", "close")
    late = town.send(second, stale, reason="边上还有一个坑")
    assert late.status_code == 409
    assert "您写的内容，可以复制" in late.text
    assert "边上还有一个坑" in late.text


def test_the_desk_counts_filters_and_finds(town):
    number = town.report(town.rider(), category="road_damage")
    other = town.report(town.rider(), at=THERE, category="rubbish")
    desk = town.staff("street")
    both = desk.get("/o?view=all").text
    assert number in both
    assert other in both
    one = desk.get("/o?view=all&category=rubbish").text
    assert number not in one
    assert other in one
    assert desk.get(f"/o?text={number}").location == f"/o/{number}"
    assert desk.get("/o?view=nonsense").status_code == 400
    assert re.search(r"待派遣<span class=\"count count-soft\">0<", both)


def test_older_pages_follow_a_cursor(town, monkeypatch):
    numbers = [town.report(town.rider(), at=HERE) for _ in range(3)]
    monkeypatch.setattr("civicprobe.reports.pages.office.ROWS", 2)
    desk = town.staff("street")
    first = desk.get("/o?view=all")
    link = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert link
    second = desk.get(link[1].replace("&amp;", "&"))
    assert numbers[0] in second.text
    assert numbers[2] not in second.text


def test_an_administrator_reads_and_decides_nothing(town):
    number = town.report(town.rider(), note="大坑")
    admin = town.staff("admin")
    page = admin.get(f"/o/{number}")
    assert page.status_code == 200
    assert [form for form in forms_in(page) if "action" in form.fields] == []


def test_messages_are_told_once_and_then_read(town):
    town.report(town.rider())
    member = town.staff("member")
    assert 'class="count">1<' in member.get("/g").text
    assert "有上报待核实" in member.get("/inbox").text
    assert 'class="count">1<' not in member.get("/g").text


def test_roles_keep_to_their_pages(town):
    for name, path in (("member", "/o"), ("unit", "/g"), ("street", "/h")):
        assert town.staff(name).get(path).status_code == 403
    assert town.rider().get("/o").location.startswith("/login")


def test_a_form_from_elsewhere_is_refused(town):
    number = town.report(town.rider())
    member = town.staff("member")
    form = form_for(member.get(f"/g/{number}"), "file")
    del form.fields["csrf_token"]
    assert town.send(member, form, category="road_damage").status_code == 400


def test_a_returned_case_leaves_the_units_list(town):
    number = town.dispatched()
    unit = town.staff("unit")
    said = {"ground": "not_ours", "note": "这是燃气井盖", "whom": "燃气公司"}
    answer = town.act(unit, f"/h/{number}", "return", **said)
    assert (answer.status_code, answer.location) == (303, "/h")
    assert unit.get(f"/h/{number}").status_code == 404
    desk = town.staff("street").get(f"/o/{number}").get_data(as_text=True)
    assert "不归本单位管" in desk
    assert "燃气公司" in desk


def test_a_member_sees_their_own_numbers(town):
    member = town.staff("member")
    for category in ("road_damage", "rubbish"):
        number = town.report(town.rider())
        town.act(member, f"/g/{number}", "file", category=category)
    page = member.get("/g").text
    row = page.partition("我的数字</summary>")[2].partition("</tr>")[2].partition("</tr>")[0]
    assert row.count(">2<") == 2
    assert "本周办了 2 件" in page


def test_a_card_without_a_category_is_filed_by_naming_it(town):
    number = town.report(town.rider())
    page = town.staff("member").get(f"/g/{number}").text
    assert '<button class="tile" name="category" value="road_damage"' in page
    known = town.report(town.rider(), category="rubbish")
    assert 'name="category" value="rubbish" checked' in town.staff("member").get(f"/g/{known}").text


def test_closing_shows_what_the_rider_will_read(town):
    number = town.handled()
    town.looked_at(number)
    page = town.staff("street").get(f"/o/{number}").text
    shown = page.partition('class="as-read')[2].partition("</div>")[0]
    for words in ("骑手看到的样子", "已修复", "街道的答复", number, "处理后 1 张照片"):
        assert words in shown, words


def test_whoever_looks_again_has_the_photo_from_before_over_the_camera(town):
    number = town.handled()
    page = town.staff("street-2").get(f"/o/{number}").text
    form = page.partition('id="act-inspect"')[2].partition("</form>")[0]
    assert 'data-into="inspect-photos" data-place="inspect-point"' in form
