"""The sample city and its keys: made once, found again, replaced when they no longer open."""

import json
import os
import stat
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import find_token, get_account
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.demo import access
from civicprobe.demo.run import prepare
from civicprobe.grid.city import active_city
from civicprobe.grid.models import Member, MemberGrid
from tests.conftest import settings_in


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Settings with a prepared sample city."""
    settings = settings_in(tmp_path_factory.mktemp("sample"))
    return settings, prepare(settings, lambda _words: None)


@pytest.fixture
def opened(place):
    from civicprobe.app import create_app  # noqa: PLC0415  # heavy, and only here

    settings, sample = place
    with create_app(settings).app_context():
        yield settings, sample
        db.session.remove()
        db.engine.dispose()


def count(role: Role) -> int:
    return db.session.scalar(select(func.count()).where(Account.role == role)) or 0


def test_the_sample_city_has_the_people_it_should(opened):
    assert count(Role.MEMBER) == 12
    assert count(Role.UNIT) == 3
    assert count(Role.ADMIN) == 1
    desks = db.session.scalars(select(Account.area_code).where(Account.role == Role.OFFICE))
    assert sorted(Counter(desks).items()) == [
        ("510100", 1), ("510113", 1), ("510113002", 2), ("510113003", 2),
    ]  # fmt: skip
    aliases = set(db.session.scalars(select(Member.alias)))
    assert len(aliases) == 12
    served = set(db.session.scalars(select(MemberGrid.member_id)))
    assert len(served) == 12


def test_the_spot_belongs_to_the_member_and_the_street_desk_of_the_keys(opened):
    settings, sample = opened
    chain = active_city(db.session(), settings).locator.locate(sample.spot, 0).chain
    codes = {area.level.value: area.code for area in chain}
    member = get_account(db.session(), sample.logins["member"]["name"])
    assert codes["micro"] in set(
        db.session.scalars(
            select(MemberGrid.area_code)
            .join(Member, Member.id == MemberGrid.member_id)
            .where(Member.account_id == member.id)
        )
    )
    assert get_account(db.session(), sample.logins["office"]["name"]).area_code == codes["street"]
    above = get_account(db.session(), sample.logins["district"]["name"])
    assert above.area_code == codes["district"] == sample.district


def test_keys_that_still_open_are_kept(opened):
    _, sample = opened
    again = replace(sample, logins={r: {"name": x["name"]} for r, x in sample.logins.items()})
    known = {"logins": sample.logins, "tokens": sample.tokens}
    access.give_access(db.session(), again, known, now=utc_now())
    assert (again.logins, again.tokens) == (sample.logins, sample.tokens)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda known: known["tokens"].pop("unit"),
        lambda known: known["tokens"].update(rider="another"),
        lambda known: known["logins"]["unit"].update(password="another"),
        lambda known: known["logins"]["unit"].update(name="another"),
        lambda known: known["logins"].pop("admin"),
        lambda known: known.clear(),
    ],
)
def test_keys_that_do_not_open_are_replaced_by_such_that_do(opened, spoil):
    _, sample = opened
    known = json.loads(json.dumps({"logins": sample.logins, "tokens": sample.tokens}))
    spoil(known)
    logins = {role: {"name": login["name"]} for role, login in sample.logins.items()}
    again = replace(sample, logins=logins, tokens={})
    access.give_access(db.session(), again, known, now=utc_now())
    assert again.tokens.keys() == {"rider", *again.logins}
    assert again.tokens != sample.tokens
    assert all(find_token(db.session(), token, utc_now()) for token in again.tokens.values())
    db.session.rollback()


def test_a_second_start_adds_nobody(opened):
    settings, sample = opened
    before = db.session.scalar(select(func.count()).select_from(Account))
    db.session.rollback()
    again = prepare(settings, lambda _words: None)
    assert db.session.scalar(select(func.count()).select_from(Account)) == before
    assert again.spot == sample.spot


def test_the_file_is_there_when_ready_and_private(place):
    settings, sample = place
    access.write(settings, sample)
    file = settings.var_dir / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {
        "url": settings.public_url,
        "pid": os.getpid(),
        "tokens": sample.tokens,
        "logins": sample.logins,
        "district": sample.district,
        "edition": sample.edition,
    }
    assert access.read_last(settings.var_dir)["tokens"] == sample.tokens, "of the run that is up"
    access.set_aside(settings.var_dir)
    assert not file.exists()
    assert access.read_last(settings.var_dir)["tokens"] == sample.tokens


@pytest.mark.parametrize(
    "text", ["", "half a li", "[]", "\x00", '{"logins": [], "tokens": {}}', "{}"]
)
def test_a_file_that_is_none_gives_nothing(tmp_path, text):
    (tmp_path / "demo.last.json").write_text(text)
    assert access.read_last(tmp_path) == {}
    access.set_aside(tmp_path)
    assert access.read_last(tmp_path / "none") == {}
