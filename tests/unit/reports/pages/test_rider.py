"""The rider's pages: one form, a receipt, and each step afterwards."""

import gzip
import re

from .conftest import HERE, a_photo, form_for, forms_in


def test_the_first_visit_makes_a_device_and_later_ones_keep_it(town):
    phone = town.rider()
    first = phone.get("/r")
    assert "device=" in " ".join(first.headers.getlist("Set-Cookie"))
    assert "device=" not in " ".join(phone.get("/r").headers.getlist("Set-Cookie"))


def test_a_photo_with_its_position_reaches_a_member(town):
    phone = town.rider()
    number = town.report(phone, note="路中间有个大坑")
    page = phone.get(f"/r/reports/{number}").text
    assert "待核实" in page
    assert "1号微网格" in page
    assert "路中间有个大坑" in page


def test_the_receipt_shows_the_number(town):
    answer = town.snap(phone := town.rider(), [a_photo()])
    assert re.search(r"/r/reports/C\d{4}-\d{4}-\d\?sent=1$", answer.location)
    assert "已收到" in phone.get(answer.location).text


def test_two_clicks_are_one_report(town):
    phone = town.rider()
    form = next(form for form in forms_in(phone.get("/r")) if form.action == "/r/reports")
    photo = a_photo()
    answers = [town.send(phone, form, [photo], note="坑") for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert phone.get("/r/mine").text.count('class="card"') == 1


def test_words_without_a_photo_are_asked_for_a_place(town):
    phone = town.rider()
    answer = town.snap(phone, note="楼道口电线拖到地上")
    town.settle()
    page = phone.get(answer.location)
    assert "照片和手机都没有给出定位" in page.text
    placed = town.send(phone, form_for(page, "place"), point=f"{HERE.lat}, {HERE.lon}")
    assert placed.status_code == 303
    assert "待核实" in phone.get(placed.location).text


def test_a_point_outside_or_malformed_is_refused_beside_its_field(town):
    phone = town.rider()
    number = town.snap(phone, note="坑").location.rsplit("/", 1)[1].partition("?")[0]
    town.settle()
    for typed, said in (("here", "30.6598"), ("39.9, 116.4", "不在本市")):
        answer = town.act(phone, f"/r/reports/{number}", "place", point=typed)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{typed}"' in answer.text


def test_nothing_at_all_is_refused_and_what_was_typed_is_kept(town):
    answer = town.snap(town.rider(), landmark="全家便利店门口", urgent="true")
    assert answer.status_code == 422
    assert 'href="#photos"' in answer.text
    assert 'value="全家便利店门口"' in answer.text
    assert "checked" in answer.text


def test_a_file_that_is_no_photo_is_refused_and_the_words_are_kept(town):
    answer = town.snap(town.rider(), [b"not a picture at all"], note="路边的坑")
    assert answer.status_code in (400, 415)
    assert "路边的坑" in answer.text
    assert "照片需要重新选一次" in answer.text


def test_a_fourth_photo_is_refused(town):
    answer = town.snap(town.rider(), [a_photo(seed=n) for n in range(4)])
    assert answer.status_code == 422
    assert "最多 3 张照片" in answer.text


def test_nobody_else_sees_the_report(town):
    number = town.report(town.rider())
    assert town.rider().get(f"/r/reports/{number}").status_code == 404


def test_taken_back_until_the_member_looks(town):
    phone = town.rider()
    first, second = (town.report(phone, HERE) for _ in range(2))
    assert town.act(phone, f"/r/reports/{first}", "withdraw").status_code == 303
    assert "已撤回" in phone.get(f"/r/reports/{first}").text
    stale = form_for(phone.get(f"/r/reports/{second}"), "withdraw")
    town.staff("member").get(f"/g/{second}")
    late = town.send(phone, stale, reason="不用了")
    assert late.status_code == 409
    assert "不能撤回" in late.text


def test_the_rider_adds_a_photo_and_words(town):
    phone = town.rider()
    number = town.report(phone)
    answer = town.act(phone, f"/r/reports/{number}", "add", [a_photo(seed=3)], note="旁边还有一个")
    assert answer.status_code == 303
    town.settle()
    page = phone.get(answer.location).text
    assert "旁边还有一个" in page
    assert "补充的照片" in page


def test_news_are_unread_until_looked_at(town):
    phone = town.rider()
    town.report(phone)
    assert 'class="count"' in phone.get("/r").text
    assert "新消息" in phone.get("/r/mine").text
    assert 'class="count"' not in phone.get("/r").text


def test_english_pages_hold_no_chinese_words_of_ours(town):
    page = town.rider().get("/r?lang=en").text
    assert '<html lang="en">' in page
    assert re.findall(r"[\u4e00-\u9fff]+", page) == ["中文"]


def loaded_with(page):
    """The addresses of what a browser loads with a page."""
    found = re.findall(r'(?:href|src)="(/(?:static|r/app)/[^"#]+)', page.text)
    return sorted(set(found))


def test_what_a_page_needs_is_kept_by_the_browser_for_good(town):
    phone = town.rider()
    addresses = loaded_with(phone.get("/r"))
    assert len(addresses) > 10
    for address in addresses:
        with phone.get(address) as answer:
            assert answer.status_code == 200, address
            assert "immutable" in answer.headers["Cache-Control"]


def test_the_first_look_weighs_little(town):
    """Gzip bytes of all, of scripts, of styles; a second look needs the page alone."""
    phone = town.rider()
    page = phone.get("/r")
    weights = {"page": len(gzip.compress(page.data))}
    for address in loaded_with(page):
        with phone.get(address) as answer:
            weights[address] = len(gzip.compress(answer.data))
    scripts = sum(n for name, n in weights.items() if name.endswith(".js"))
    styles = sum(n for name, n in weights.items() if ".css" in name)
    assert scripts <= 20_000
    assert styles <= 10_000
    assert sum(weights.values()) <= 60_000
    assert len(gzip.compress(phone.get("/r").data)) <= 10_000
