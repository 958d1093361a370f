"""Duty on pages: a member's own, the desk's roster and way in, rules tried before they are kept."""

import io
import re
from datetime import timedelta

from civicprobe.accounts.queries import get_account
from civicprobe.audit import AuditFilter, search
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import db, utc_now
from civicprobe.grid.choosing import WhyNot
from civicprobe.grid.people import get_member, roster
from tests.unit.reports.pages.conftest import GENERAL, HERE, STREET, THERE, forms_in

FIRST, SECOND = f"{GENERAL}001", f"{GENERAL}002"


def post(town, client, page, action, **typed):
    form = next(form for form in forms_in(client.get(page)) if form.action == action)
    return town.send(client, form, **typed)


def away(town, name="member"):
    with town.app.app_context():
        account = get_account(db.session(), name).id
        return roster(db.session(), [], now=utc_now(), accounts=[account]).named[account].away


def today(days=0):
    return (utc_now() + timedelta(days=days)).astimezone(CITY_ZONE).date().isoformat()


def test_off_duty_and_on_again_in_one_tap(town):
    member = town.staff("member")
    page = post(town, member, "/g/duty", "/g/duty/tap")
    assert page.status_code == 303
    assert away(town) is WhyNot.OFF_DUTY
    number = town.report(town.rider())
    assert number not in member.get("/g").text
    assert post(town, member, "/g/duty", "/g/duty/tap").status_code == 303
    assert away(town) is None


def test_a_plan_that_cannot_be_read_is_shown_with_its_fault(town):
    member = town.staff("member")
    answer = post(town, member, "/g/duty", "/g/duty/plan", day0="8 bis 12")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "8 bis 12" in answer.text
    kept = post(town, member, "/g/duty", "/g/duty/plan", day0="08:00-12:00", quiet="11:00-13:00")
    assert kept.status_code == 303
    assert "08:00-12:00" in member.get("/g/duty").text
    with town.app.app_context():
        session = db.session()
        mine = get_member(session, get_account(session, "member").id)
        assert (mine.windows, mine.quiet) == ([[0, 480, 720]], [[660, 780]])


def test_leave_hands_the_cards_over(town):
    member = town.staff("member")
    number = town.report(town.rider())
    assert number in member.get("/g").text
    answer = post(town, member, "/g/duty", "/g/duty/leave", first=today(), last=today(2))
    assert answer.status_code == 303
    assert away(town) is WhyNot.ON_LEAVE
    town.settle()
    assert number not in member.get("/g").text
    assert number in town.staff("street").get("/o?view=open").text
    assert post(town, member, "/g/duty", "/g/duty/back").status_code == 303
    assert away(town) is None
    wrong = post(town, member, "/g/duty", "/g/duty/leave", first="morgen", last=today())
    assert wrong.status_code == 422


def test_all_cards_handed_over_in_one_step(town):
    member = town.staff("member")
    numbers = [town.report(town.rider()), town.report(town.rider())]
    assert post(town, member, "/g/duty", "/g/duty/hand-over").status_code == 303
    assert not any(number in member.get("/g").text for number in numbers)


def test_a_phone_is_linked_by_its_member(town):
    phone = town.staff("member")
    number = town.report(phone)  # the same browser reported before
    assert number in phone.get("/g").text
    assert post(town, phone, "/g/duty", "/g/duty/phone").status_code == 303
    own = town.report(phone)
    assert own not in phone.get("/g").text


def test_from_the_invitation_to_the_first_card(town):
    desk, phone = town.staff("street"), town.rider()
    page = post(town, desk, "/o/roster/joining", "/o/roster/joining", grids=SECOND, rider="")
    assert '<svg class="qr"' in page.text
    code = re.search(r"/g/join\?code=(\w{10})", page.text)[1]
    assert "1 个网格" in phone.get(f"/g/join?code={code}").text
    typed = {"alias": "小王", "username": "rider-wang", "password": "correct horse battery"}
    short = post(town, phone, f"/g/join?code={code}", "/g/join", **{**typed, "password": "kurz"})
    assert short.status_code == 422
    assert "kurz" not in short.text
    assert post(town, phone, f"/g/join?code={code}", "/g/join", **typed).status_code == 303
    waiting = desk.get("/o/roster/joining")
    assert "rider-wang" in waiting.text
    yes = next(form for form in forms_in(waiting) if form.fields.get("answer") == "yes")
    assert town.send(desk, yes).status_code == 303
    assert town.send(desk, yes).status_code == 409
    number = town.report(town.rider(), at=THERE)
    assert number in town.staff("rider-wang").get("/g").text
    assert "小王" in desk.get("/o/roster").text
    own = town.report(phone, at=THERE)
    assert own not in town.staff("rider-wang").get("/g").text


def test_a_wrong_code_says_so(town):
    page = town.rider().get("/g/join?code=NOTTHISONE")
    assert page.status_code == 200
    assert "邀请码不对" in page.text


def test_the_desk_sets_a_members_duty_and_standing(town):
    desk = town.staff("street")
    own = "/o/roster/member"
    assert "小李" in desk.get("/o/roster").text
    assert post(town, desk, own, f"{own}/plan", day6="22:00-06:00", cap="2").status_code == 303
    assert "22:00" in desk.get("/o/roster").text
    assert post(town, desk, own, f"{own}/plan", cap="0").status_code == 422
    assert post(town, desk, own, f"{own}/grids", grids=f"{FIRST}, {SECOND}").status_code == 303
    assert post(town, desk, own, f"{own}/grids", grids="nowhere").status_code == 422
    assert post(town, desk, own, f"{own}/leave", first=today(1), last=today(1)).status_code == 303
    assert post(town, desk, own, f"{own}/back").status_code == 303
    assert post(town, desk, own, f"{own}/suspend").status_code == 303
    assert away(town) is WhyNot.SUSPENDED
    assert "街道已停用" in town.staff("member").get("/g/duty").text
    assert post(town, desk, own, f"{own}/reinstate").status_code == 303
    assert post(town, desk, own, f"{own}/end").status_code == 303
    assert away(town) is WhyNot.INACTIVE
    assert desk.post(f"{own}/dance").status_code in {400, 404}
    with town.app.app_context():
        said = search(db.session(), AuditFilter(what="member.changed", subject="member"))
        changed = [sorted(row.data["after"]) for row in reversed(said)]  # type: ignore[call-overload]
    assert changed[:2] == [["cap", "windows"], ["grids"]]
    assert changed[2:] == [["suspended"], ["suspended"], ["ended", "grids"]]


def test_an_admin_looks_and_changes_nothing(town):
    admin = town.staff("admin")
    assert admin.get("/o/roster").status_code == 200
    page = admin.get("/o/roster/member")
    assert page.status_code == 200
    assert [form.action for form in forms_in(page)] == ["/logout"]
    assert admin.get("/o/rules").status_code == 200
    assert admin.get("/o/rules/new").status_code == 403


def rule(town, desk, page="/o/rules/new", **typed):
    form = next(form for form in forms_in(desk.get(page)) if form.action == page)
    fields = {"name": "夜里给值守", "aim": "desk", "to": STREET, "do": "save", **typed}
    return town.send(desk, form, **fields)


def test_a_rule_is_tried_before_it_is_kept_and_then_decides(town):
    desk = town.staff("street")
    for _ in range(2):
        town.report(town.rider())
    where = f"{HERE.lat}, {HERE.lon}"
    tried = rule(town, desk, do="test", point=where)
    assert tried.status_code == 200
    assert "符合，由它决定" in tried.text
    dry = rule(town, desk, do="dry")
    assert re.search(r"2 件上报里，2 件会改派", dry.text)
    assert "夜里给值守" not in desk.get("/o/rules").text
    assert rule(town, desk).status_code == 303
    assert "夜里给值守" in desk.get("/o/rules").text
    number = town.report(town.rider())
    assert number not in town.staff("member").get("/g").text
    again = rule(town, desk, "/o/rules/1", do="dry", active="")
    assert re.search(r"3 件上报里，3 件会改派", again.text)


def test_rules_are_ordered_changed_and_removed(town):
    desk = town.staff("street")
    for name in ("甲规则", "乙规则"):
        assert rule(town, desk, name=name).status_code == 303

    def order():
        text = desk.get("/o/rules").text
        return text.index("甲规则") < text.index("乙规则")

    def do(number, what):
        form = next(f for f in forms_in(desk.get("/o/rules")) if f.action == f"/o/rules/{number}")
        return town.send(desk, form, do=what)

    assert order()
    assert do(2, "up").status_code == 303
    assert not order()
    assert do(2, "down").status_code == 303
    assert order()
    assert rule(town, desk, "/o/rules/1", name="丙规则", hours="22:00-06:00").status_code == 303
    assert do(2, "remove").status_code == 303
    text = desk.get("/o/rules").text
    assert "丙规则" in text
    assert "乙规则" not in text
    assert "22:00-06:00" in text
    assert town.staff("district").get("/o/rules/1").status_code == 404


def test_what_a_rule_names_must_be_there(town):
    desk = town.staff("street")
    for typed in (
        {"to": "999999"},
        {"to": ""},
        {"aim": "member", "to": "street"},
        {"aim": "member", "to": "nobody"},
        {"aim": "elsewhere"},
        {"areas": "999"},
        {"areas": "510113"},
        {"hours": "spät"},
        {"hours": "08:00-09:00, 10:00-11:00"},
        {"name": " "},
        {"categories": "no_such"},
        {"severities": "no_such"},
        {"do": "test", "point": "nowhere"},
        {"do": "test", "point": "10, 10"},
        {"do": "test", "point": f"{HERE.lat}, {HERE.lon}", "at": "gestern"},
    ):
        answer = rule(town, desk, **typed)
        assert answer.status_code == 422, typed
    assert "还没有规则" in desk.get("/o/rules").text


def test_a_rule_left_without_its_aim_is_marked(town):
    desk = town.staff("street")
    assert rule(town, desk, aim="member", to="member").status_code == 303
    page = post(town, desk, "/o/roster/member", "/o/roster/member/end")
    assert page.status_code == 303
    assert "夜里给值守" in desk.get("/o/roster").text, "named at once"
    assert "指向的已不在" in desk.get("/o/rules").text


def test_the_roster_goes_out_as_a_spreadsheet(town):
    desk = town.staff("street")
    assert "member,小李" in desk.get("/o/roster/file/csv").text
    assert desk.get("/o/roster/file/xlsx").data.startswith(b"PK")
    assert desk.get("/o/roster/file/exe").status_code == 404


def bring(town, desk, text, do, name="roster.csv"):
    form = next(f for f in forms_in(desk.get("/o/roster/file")) if "/o/roster/file" in f.action)
    file = (io.BytesIO(text.encode()), name) if name else ""
    return town.send(desk, form, do=do, file=file)


def test_a_roster_is_tried_then_brought(town):
    desk = town.staff("street")
    text = desk.get("/o/roster/file/csv").text.replace("小李", "李师傅")
    text += f"rider-wu,小吴,part_time,{SECOND},,,no,\r\n"
    tried = bring(town, desk, text, "try")
    assert "会新增 1 人，修改 1 人" in tried.text
    assert "李师傅" not in desk.get("/o/roster").text, "nothing is kept"
    assert bring(town, desk, text, "keep").status_code == 303
    page = desk.get("/o/roster").text
    assert "新增 1 人，修改 1 人" in page
    assert ("李师傅" in page, "小吴" in page) == (True, True)


def test_a_roster_with_faults_is_told_row_by_row_and_nothing_is_kept(town):
    desk = town.staff("street")
    text = desk.get("/o/roster/file/csv").text.replace("小李", "李师傅")
    for line, row, words in (
        (f"rider-wu,小吴,never,{SECOND},,,no,", 3, "请从中选一个"),
        ("rider-wu,小吴,part_time,510100999001001001,,,no,", 3, "有的网格不归您这里管"),
        (
            f"rider-wu,小吴,part_time,{SECOND},1 08:00-12:00,,no,\r\ndistrict,张,full_time,,,,no,",
            4,
            "不归您这里管",
        ),
    ):
        answer = bring(town, desk, f"{text}{line}\r\n", "keep")
        assert answer.status_code == 422, line
        assert f'<td class="number">{row}</td>' in answer.text
        assert words in answer.text
    assert bring(town, desk, "no,table\r\n", "keep").status_code == 422
    assert bring(town, desk, "", "keep", name=None).status_code == 422
    assert "李师傅" not in desk.get("/o/roster").text
