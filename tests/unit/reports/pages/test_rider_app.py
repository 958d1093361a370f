"""What makes the rider's pages an app: modules, worker, manifest; and what a phone may ask for."""

import gzip
import json
import re
from pathlib import Path

from civicprobe.accounts.limits import CODE_TRIES
from civicprobe.web.modules import lean

from .conftest import HERE, forms_in

MODULES = Path(__file__).parents[4] / "static" / "js" / "rider"


def test_every_import_of_a_module_is_a_module_that_is_served(town):
    phone = town.rider()
    main = re.search(r'src="(/r/app/[^"]+)"', phone.get("/r").text)[1]
    folder = main.rpartition("/")[0]
    names: set[str] = {"main.js"}
    seen: set[str] = set()
    while names - seen:
        name = min(names - seen)
        seen.add(name)
        answer = phone.get(f"{folder}/{name}")
        assert answer.status_code == 200, name
        names |= set(re.findall(r"""(?:from |import\()'\./([\w.]+)'""", answer.text))
    assert {"idb.js", "pin.js", "ahead.js", "queue.js"} <= seen
    assert phone.get(f"{folder}/nothing.js").status_code == 404
    assert phone.get("/r/app/yesterday/queue.js").headers["Cache-Control"] == "no-store"


def test_modules_come_compressed_to_who_understands_it(town):
    phone = town.rider()
    main = re.search(r'src="(/r/app/[^"]+)"', phone.get("/r").text)[1]
    packed = phone.get(main, headers={"Accept-Encoding": "gzip, br"})
    plain = phone.get(main)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data


def test_what_is_left_out_is_comment_and_indent_alone():
    source = b"/** One. */\nlet a = 1;\n\n/**\n * Two.\n */\n  // three\n  a('// four');\n"
    assert lean(source) == b"let a = 1;\na('// four');\n"


def test_no_text_of_a_module_spans_lines():
    """Or an indent left out could be one inside a text."""
    for path in MODULES.glob("*.js"):
        for text in re.findall(r"`[^`]*`", path.read_text()):
            assert "\n" not in text, (path.name, text)


def test_the_worker_may_serve_every_page_of_the_rider(town):
    answer = town.rider().get("/r/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/r"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/javascript"


def test_the_manifest_names_pages_and_icons_that_are_there(town):
    phone = town.rider()
    told = json.loads(phone.get("/r/manifest.webmanifest").data)
    addresses = [told["start_url"], *(one["url"] for one in told["shortcuts"])]
    for address in [*addresses, *(icon["src"] for icon in told["icons"])]:
        with phone.get(address) as answer:
            assert answer.status_code == 200, address


def test_a_second_phone_sees_the_reports_of_the_first(town):
    first, second = town.rider(), town.rider()
    number = town.report(first)
    assert second.get(f"/r/reports/{number}").status_code == 404
    form = next(form for form in forms_in(first.get("/r/me")) if form.fields.get("kind") == "link")
    code = re.search(r"\d{4}(?:-\d{4}){3}", town.send(first, form).text)[0]
    typing = next(form for form in forms_in(second.get("/r/me")) if "code" in form.fields)
    wrong = town.send(second, typing, code="1111 2222 3333 4444")
    assert wrong.status_code == 403
    assert "不对" in wrong.text
    assert town.send(second, typing, code=code).status_code == 303
    assert number in second.get("/r/mine").text
    again = town.send(town.rider(), typing, code=code)
    assert again.status_code != 303


def test_codes_cannot_be_tried_without_end(town):
    phone = town.rider()
    typing = next(form for form in forms_in(phone.get("/r/me")) if "code" in form.fields)
    tries = int(CODE_TRIES.split()[0])
    answers = [town.send(phone, typing, code=str(n)).status_code for n in range(tries + 1)]
    assert answers == [403] * tries + [429]


def test_everything_of_a_rider_comes_as_one_file(town):
    phone = town.rider()
    numbers = {town.report(phone, HERE, note="路中间有坑") for _ in range(2)}
    town.report(town.rider())
    answer = phone.get("/r/me/export")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.data)
    assert {report["number"] for report in told["reports"]} == numbers
    assert "路中间有坑" in answer.text


def test_what_a_phone_may_ask_for(town):
    phone = town.rider()
    phone.get("/r")
    base = "/api/v1/rider"
    where = f"lat={HERE.lat}&lon={HERE.lon}"
    assert phone.get(f"{base}/guess?{where}").json == {"category": None}
    around = phone.get(f"{base}/around?{where}")
    assert around.json["names"][-1] == "1号微网格"
    assert around.headers["Cache-Control"].startswith("private, max-age=")
    ahead = phone.get(f"{base}/ahead/1530-5200")
    assert ahead.json == {"items": []}
    kept = {"If-None-Match": ahead.headers["ETag"]}
    assert phone.get(f"{base}/ahead/1530-5200", headers=kept).status_code == 304
    for path in ("guess?lat=x&lon=1", "around?lat=95&lon=1", "ahead/here"):
        assert phone.get(f"{base}/{path}").status_code == 400, path


def test_steps_are_counted_only_where_that_is_on(town):
    phone = town.rider()
    phone.get("/r")
    taken = {"shell": "browser", "steps": [{"step": "cam_tap", "after_ms": 0}]}
    assert phone.post("/api/v1/rider/steps", json=taken).status_code == 404
    assert "data-counted" not in phone.get("/r").text
