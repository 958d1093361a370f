"""What is secret stays so on every way round: likeness, splitting, passing by, words, counts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.errors import NotFound
from civicprobe.reports.alike import is_offered
from civicprobe.reports.bonds import FOLLOWER, Naming, Tie
from civicprobe.reports.lifecycle.commands import Add, Leave, Mark, Remind, Split
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.models import Photo, Report, Resemblance
from civicprobe.reports.queries import get_report_to_act, is_visible, list_taken_over
from civicprobe.reports.rights import copy_to_show
from civicprobe.reports.schemas import queue_item, report_body
from civicprobe.reports.services.add import add
from civicprobe.reports.services.leave import leave
from civicprobe.reports.services.mark import mark
from civicprobe.reports.services.remind import remind
from civicprobe.reports.services.split import split
from civicprobe.reports.transitions import By
from tests.town import SPOT
from tests.unit.reports.services.test_arc import dispatched, filed

ABOUT_US = Mark.model_validate({"marking": "about_us"})


def seen(town, report, who):
    actor = town.actor(who)
    return report_body(town.session, report, seen_by=actor, now=utc_now())


def notes(town, report, who):
    return {step.note for step in seen(town, report, who).timeline if step.note}


def test_a_members_words_for_the_office_are_not_the_riders_though_the_member_has_a_phone(town):
    report = filed(town)
    phone = create_device(town.session, new_token(), now=utc_now())
    phone.account_id = town.accounts["left-1"].id
    town.session.flush()
    add(
        town.session,
        report,
        Add(note="只给值班室", audience="office"),
        by=town.by("left-1", report),
    )
    assert "只给值班室" in notes(town, report, "left-2")
    assert "只给值班室" not in notes(town, report, "rider")


def test_what_a_rider_says_when_urging_is_not_the_units(town):
    report = dispatched(town)
    report.due_at = utc_now() - timedelta(days=1)
    town.session.flush()
    remind(town.session, report, Remind(note="我住三楼"), by=town.by("rider", report))
    assert "我住三楼" in notes(town, report, "left-1")
    assert "我住三楼" not in notes(town, report, "unit-roads")


def test_what_names_a_street_is_shown_to_it_by_no_likeness(town):
    secret, mine = town.assigned(category="road_damage"), town.assigned(category="road_damage")
    mark(town.session, secret, ABOUT_US, by=town.by("left-1", secret))
    town.session.add(
        Resemblance(report_id=mine.id, other_id=secret.id, score=0.99, distance_m=1, reasons=[])
    )
    town.session.flush()
    assert not is_visible(town.session, secret, town.actor("left-1"))
    for who in ("left-1", "member", "rider"):
        assert seen(town, mine, who).alike == [], who
        assert who == "rider" or not is_offered(town.session, secret.id, town.actor(who))
    assert [other.number for other in seen(town, mine, "district").alike] == [secret.number]


def test_no_passer_by_acts_on_a_discreet_report(town):
    quiet = town.assigned(discreet=True)
    phone = create_device(town.session, new_token(), now=utc_now())
    passer = actor_of_device(phone.id)
    for action in (Action.WATCH, Action.CONFIRM):
        with pytest.raises(NotFound):
            get_report_to_act(town.session, quiet.number, action, actor=passer)
    quiet.discreet = False
    town.session.flush()
    assert get_report_to_act(town.session, quiet.number, Action.WATCH, actor=passer) is quiet


def test_parts_of_a_secret_report_are_as_secret(town):
    report = town.assigned(discreet=True)
    mark(town.session, report, ABOUT_US, by=town.by("left-1", report))
    part = {"lat": SPOT.lat, "lon": SPOT.lon, "radius_m": 20}
    command = Split.model_validate({"parts": [part]})
    split(town.session, report, command, by=town.by("district", report), city=town.city)
    made = town.session.scalars(select(Report).order_by(Report.id.desc()).limit(1)).one()
    assert made is not report
    assert (made.discreet, made.about_us) == (True, True)
    assert made.desk_code == town.accounts["district"].area_code
    assert not is_visible(town.session, made, town.actor("left-1"))
    assert town.session.query(Naming).filter_by(report_id=made.id).count() == 1


def test_no_rider_reads_what_another_one_said(town):
    report = town.assigned(note="我住三楼")
    heir = create_device(town.session, new_token(), now=utc_now())
    tie = Tie(report_id=report.id, device_id=heir.id, kind=FOLLOWER, since=utc_now())
    town.session.add(tie)
    report.followers = 1
    town.session.flush()
    add(town.session, report, Add(note="我先看到的"), by=town.by("rider", report))
    follower = actor_of_device(heir.id)
    add(town.session, report, Add(note="我也看到了"), by=By(follower, utc_now()))
    picture = Photo(
        id=uuid4(),
        report_id=report.id,
        kind="evidence",
        state="ready",
        received_at=utc_now(),
        screen_sha256="0" * 64,
        used_seq=report.seq,
    )
    town.session.add(picture)
    town.session.flush()
    assert copy_to_show(town.session, picture, "screen", town.actor("left-1"))
    assert copy_to_show(town.session, picture, "screen", town.actor("rider")) is None
    assert notes(town, report, "rider") == {"我住三楼", "我先看到的"}
    assert seen(town, report, "rider").uuid == report.uuid
    assert queue_item(report, None, town.actor("rider"), {}).uuid == report.uuid

    leave(town.session, report, Leave(), by=town.by("rider", report))
    assert report.reporter_id == heir.id
    add(town.session, report, Add(note="现在归我了"), by=By(follower, utc_now()))
    body = report_body(town.session, report, seen_by=follower, now=utc_now())
    assert {step.note for step in body.timeline if step.note} == {"现在归我了"}
    taken_over = list_taken_over(town.session, [report.id])
    assert (body.uuid, queue_item(report, None, follower, taken_over).uuid) == (None, None)
    assert {"我住三楼", "我也看到了"} <= notes(town, report, "left-1")
