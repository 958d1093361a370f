"""Faults, languages, headers and tags, on a small app of our own."""

from io import StringIO

import pytest
import structlog
from flask import Flask, request

from civicprobe.accounts.signin import csrf
from civicprobe.errors import Conflict, FieldFault, Invalid, Unprocessable
from civicprobe.web import headers, problem
from civicprobe.web.etag import tagged
from tests.unit.accounts.conftest import build


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app: Flask = build(tmp_path_factory.mktemp("answers") / "var").app

    @app.get("/api/faulty/<kind>")
    def faulty(kind):
        raise {
            "known": Conflict("stale_version", version=3),
            "fields": Unprocessable("incomplete", FieldFault("note", "too_long")),
            "unknown": ZeroDivisionError("张三 said so"),
            "page": Invalid("uuid_malformed"),
        }[kind]

    app.add_url_rule("/faulty/<kind>", "faulty_page", faulty)
    app.add_url_rule("/api/tagged", "tagged", lambda: tagged(request.args.get("body", "a")))
    csrf.exempt(faulty)
    return app


@pytest.mark.parametrize(("kind", "status"), [("known", 409), ("fields", 422), ("unknown", 500)])
def test_the_api_answers_with_a_problem(app, kind, status):
    answer = app.test_client().get(f"/api/faulty/{kind}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json.keys() >= {"type", "title", "status", "code", "params", "request_id"}
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert "张三" not in answer.get_data(as_text=True)


def test_fields_at_fault_are_named(app):
    answer = app.test_client().get("/api/faulty/fields")
    assert answer.json["fields"] == [{"field": "note", "code": "too_long"}]


def test_titles_speak_the_callers_language(app):
    client = app.test_client()
    zh = client.get("/api/faulty/known").json["title"]
    en = client.get("/api/faulty/known", headers={"Accept-Language": "en"}).json["title"]
    assert zh.startswith("刚才有人先处理了")
    assert en.startswith("Somebody acted first")


def test_a_person_gets_a_page(app):
    answer = app.test_client().get("/faulty/page?lang=en")
    assert answer.status_code == 400
    assert '<html lang="en">' in answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)


def test_lang_is_remembered_and_beats_the_browser(app):
    client = app.test_client()
    client.get("/login?lang=en")
    page = client.get("/login", headers={"Accept-Language": "zh"}).get_data(as_text=True)
    assert '<html lang="en">' in page
    assert '<html lang="zh-CN">' in client.get("/login?lang=zh").get_data(as_text=True)
    assert '<html lang="en">' not in app.test_client().get("/login?lang=xx").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/login", "/api/faulty/known", "/nope", "/static/nope"])
def test_every_answer_lets_a_browser_do_little(app, path):
    headers = app.test_client().get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_tag_follows_the_bytes(app):
    client = app.test_client()
    first = client.get("/api/tagged")
    again = client.get("/api/tagged", headers={"If-None-Match": first.headers["ETag"]})
    other = client.get("/api/tagged?body=b", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert again.get_data() == b""


def test_nothing_a_rider_said_is_logged(app):
    heard = StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=heard))
    for module in (headers, problem):
        module.__dict__["log"] = structlog.get_logger()
    client = app.test_client()
    client.post("/api/v1/device")
    uuid = "6f0c9a1e-0000-4000-8000-000000000009"
    client.put(f"/api/v1/reports/{uuid}", json={"note": "王师傅 13800000000", "landmark": "某某家"})
    client.put(f"/api/v1/reports/{uuid}", json={"note": "other"})
    client.get("/api/faulty/unknown")
    logged = heard.getvalue()
    assert "request" in logged
    for said in ("13800000000", "某某家", "张三", uuid):
        assert said not in logged


def test_a_wrong_method_is_told_the_right_ones(app):
    answer = app.test_client().delete("/api/faulty/known")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("tiles", "source"),
    [
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", " https://*.tiles.example;"),
        ("", "img-src 'self' blob: data:;"),
    ],
)
def test_pictures_come_from_us_and_the_tile_host_alone(tmp_path, tiles, source):
    client = build(tmp_path / "var", tile_url=tiles).client()
    assert source in client.get("/health/live").headers["Content-Security-Policy"]


def test_languages_are_remembered_over_https_alone_where_we_have_it(tmp_path):
    client = build(tmp_path / "var", public_url="https://city.example").client()
    assert "Secure" in client.get("/login?lang=en").headers["Set-Cookie"]
    assert "Secure" in client.post("/api/v1/device").headers["Set-Cookie"]
