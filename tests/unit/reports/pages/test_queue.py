"""What people do to their own queue on pages: put aside, keep filters, find words."""

from .conftest import forms_in


def chosen(page, action):
    return next(form for form in forms_in(page) if form.action.startswith(action))


def test_a_card_put_aside_is_back_by_itself_or_on_demand(town):
    number = town.report(town.rider())
    desk = town.staff("street")
    form = chosen(desk.get(f"/o/{number}"), "/queue/snooze")
    answer = town.send(desk, form, until="tonight")
    assert answer.status_code == 303
    assert "稍后再看" in desk.get(answer.location).text
    assert number in desk.get("/o/rows?view=snoozed").text
    assert town.send(desk, form, until="wake").location == f"/o/{number}"
    assert number not in desk.get("/o/rows?view=snoozed").text
    assert town.send(desk, form, until="never").status_code == 422


def test_what_is_urgent_is_never_put_aside(town):
    number = town.report(town.rider(), urgent="1")
    desk = town.staff("street")
    page = desk.get(f"/o/{number}")
    assert "/queue/snooze" not in page.text
    form = forms_in(page)[0]
    form.action = f"/queue/snooze/{number}"
    assert town.send(desk, form, until="tonight").status_code == 409


def test_filters_kept_under_a_name_are_a_view_until_dropped(town):
    number = town.report(town.rider(), category="rubbish")
    desk = town.staff("street")
    page = desk.get("/o?view=all&category=rubbish")
    assert town.send(desk, chosen(page, "/queue/views"), name="垃圾").status_code == 303
    kept = desk.get("/o")
    assert "垃圾</a>" in kept.text
    assert "category=rubbish" in kept.text
    assert "垃圾</a>" not in town.staff("street-2").get("/o").text
    assert number in desk.get("/o/rows?view=all&category=rubbish").text
    assert number not in desk.get("/o/rows?view=all&category=road_damage").text
    assert town.send(desk, chosen(kept, "/queue/views/")).status_code == 303
    assert "垃圾</a>" not in desk.get("/o").text


def test_one_box_finds_a_number_however_it_is_typed(town):
    number = town.report(town.rider())
    plain = number.replace("-", " ").lower()
    assert (
        town.staff("street").get(f"/o?text={plain}").location == f"/o/{plain.replace(' ', '%20')}"
    )
    assert town.staff("street").get("/o?text=井盖").status_code == 200
