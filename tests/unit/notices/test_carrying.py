"""Every notice goes out exactly once, whoever is killed and whatever fails; nobody is flooded."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from civicprobe.errors import Conflict, Invalid, NotFound
from civicprobe.notices import channels
from civicprobe.notices.contacts import MOST_CONTACTS, add_contact, list_contacts, remove_contact
from civicprobe.notices.inbox import Person, post
from civicprobe.notices.models import Delivery
from civicprobe.notices.outgoing import list_dead, revive
from civicprobe.reports import carrying
from civicprobe.web import parts as web_parts
from tests.town import build_town

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)  # in Chengdu


class Killed(BaseException):
    """The sender is gone between two lines."""


class Clock:
    """The time of a test."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def on(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def carry(app, session, mailbox, hook, clock):
    """One run of the task, with real servers behind the channels."""
    known = web_parts.parts()
    app.extensions[web_parts.KEY] = replace(
        known,
        settings=replace(
            known.settings, smtp_url=mailbox.url, mail_from="grid@example.org", sms_url=hook.url
        ),
    )

    def run():
        session.commit()
        sent = carrying.send_due(time.monotonic() + 60, clock)
        session.expire_all()
        return sent

    return run


def tell(town, clock, matter, *, who="left-1", urgent=False):
    report = town.assigned() if not hasattr(town, "said") else town.said
    town.said = report
    person = Person(account_id=town.accounts[who].id)
    return post(
        town.session,
        person,
        matter=matter,
        topic="desk_dispatch",
        number=report.number,
        now=clock(),
        urgent=urgent,
    )


def reach(town, clock, kind, to, who="left-1", *, lang="zh_Hans_CN"):
    account = town.accounts[who]
    return add_contact(town.session, account, kind, to, locale=lang, now=clock())


def states(session):
    return dict(
        session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
    )


def subjects(mailbox):
    mails = [message_from_bytes(got.content, policy=policy.default) for got in mailbox.got]
    return [mail["Subject"] for mail in mails]


def test_a_notice_goes_to_the_inbox_and_every_way_once(town, carry, clock, mailbox, hook):
    reach(town, clock, "email", "desk@example.org")
    reach(town, clock, "webhook", hook.url)
    reach(town, clock, "sms", "13800000000")
    assert tell(town, clock, "m1")
    assert not tell(town, clock, "m1")
    assert carry() == 2
    assert carry() == 0
    number = town.said.number
    assert subjects(mailbox) == [f"有案件待派遣 {number}"]
    assert [said["number"] for _, _, said in hook.got] == [number]
    tell(town, clock, "m2", urgent=True)
    assert carry() == 3
    assert [said["to"] for _, _, said in hook.got if "to" in said] == ["13800000000"]


def test_each_reads_their_own_language_and_nothing_personal(town, carry, clock, mailbox):
    reach(town, clock, "email", "desk@example.org", lang="en")
    tell(town, clock, "m1")
    carry()
    mail = message_from_bytes(mailbox.got[0].content, policy=policy.default)
    assert mail["Subject"] == f"A case to dispatch {town.said.number}"
    assert mail.get_content().split() == [
        *f"A case to dispatch {town.said.number}".split(),
        f"http://127.0.0.1:8000/to/{town.said.number}",
    ]


def test_an_hour_without_the_server_loses_nothing_and_floods_nobody(town, carry, clock, mailbox):
    reach(town, clock, "email", "desk@example.org")
    mailbox.answer = "451 come later"
    for minute in range(60):
        for n in range(5):
            tell(town, clock, f"m{minute}-{n}")
        assert carry() == 0
        clock.on(minutes=1)
    tries = town.session.scalar(select(func.max(Delivery.attempts)))
    assert tries <= 12, "it is not hammered meanwhile"
    mailbox.answer = None
    for _ in range(30):
        carry()
        clock.on(minutes=1)
    assert states(town.session) == {"sent": 300}
    assert len(mailbox.got) == 2, "the one that waited, then all the others in one"
    waited, others = subjects(mailbox)
    assert waited.startswith("您有 5 条")
    assert others == "您有 295 条消息"


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_sender_killed_leaves_it_to_the_next_under_the_same_id(
    *, town, carry, clock, hook, monkeypatch, where
):
    """What was handed over before the kill comes twice and is known by its id; never not at all."""
    reach(town, clock, "webhook", hook.url)
    for n in range(6):
        tell(town, clock, f"m{n}")
    whole, kills = channels.CHANNELS["webhook"].send, iter(range(3))

    def send(self, *args):
        if where == "after":
            whole(*args)
        if next(kills, None) is not None:
            raise Killed
        if where == "before":
            whole(*args)

    monkeypatch.setattr(type(channels.CHANNELS["webhook"]), "send", send)
    for _ in range(3):
        with pytest.raises(Killed):
            carry()
        town.session.rollback()
        clock.on(minutes=2)
    assert states(town.session) == {"waiting": 6}
    carry()
    assert states(town.session) == {"sent": 6}
    ids = Counter(said["id"] for _, _, said in hook.got)
    assert len(ids) == 6
    assert set(ids.values()) == ({1} if where == "before" else {1, 4})


def test_two_senders_never_take_the_same(town, carry, clock, hook, monkeypatch):
    reach(town, clock, "webhook", hook.url)
    tell(town, clock, "m1")
    whole = channels.CHANNELS["webhook"].send

    def send(self, *args):
        assert carrying.send_due(time.monotonic() + 60, clock) == 0
        whole(*args)

    monkeypatch.setattr(type(channels.CHANNELS["webhook"]), "send", send)
    assert carry() == 1
    assert len(hook.got) == 1


def test_what_is_refused_is_a_dead_letter_that_can_be_sent_again(town, carry, clock, hook, mailbox):
    reach(town, clock, "webhook", hook.url)
    reach(town, clock, "email", "gone@example.org")
    tell(town, clock, "m1")
    hook.answer = 410
    assert carry() == 0
    assert {row.error for row in list_dead(town.session)} == {"http 410", "smtp 550"}
    hook.answer = 200
    assert revive(town.session, clock()) == 2
    assert carry() == 1


def test_one_channel_down_holds_up_no_other(town, carry, clock, hook, mailbox):
    for who in ("left-1", "left-2", "right-1"):
        reach(town, clock, "email", f"{who}@example.org", who)
        reach(town, clock, "webhook", hook.url, who)
        tell(town, clock, "m1", who=who)
    hook.answer = 503
    assert carry() == 3
    assert len(mailbox.got) == 3
    assert states(town.session) == {"sent": 3, "waiting": 3}


def test_a_channel_down_is_tried_once_and_of_the_webhooks_only_the_receiver(
    town, carry, clock, hook, mailbox
):
    for who in ("left-1", "left-2", "right-1"):
        reach(town, clock, "email", f"{who}@example.org", who)
        tell(town, clock, "m1", who=who)
    mailbox.answer = "451 come later"
    assert carry() == 0
    assert sorted(town.session.scalars(select(Delivery.attempts))) == [0, 0, 1]
    reach(town, clock, "webhook", "http://127.0.0.1:1/gone", "right-2")
    reach(town, clock, "webhook", hook.url, "district")
    for who in ("right-2", "district"):
        tell(town, clock, "m2", who=who)
    assert carry() == 1
    assert len(hook.got) == 1


def test_at_night_only_what_is_urgent_goes_out(town, carry, clock, mailbox):
    reach(town, clock, "email", "desk@example.org")
    clock.on(hours=12)  # midnight in Chengdu
    tell(town, clock, "m1")
    assert carry() == 0
    tell(town, clock, "m2", urgent=True)
    assert carry() == 1
    clock.on(hours=8)
    assert carry() == 1


def test_an_address_is_checked_counted_and_removed(town, carry, clock, mailbox):
    with pytest.raises(Invalid, match="address_malformed"):
        reach(town, clock, "email", "nobody")
    with pytest.raises(Invalid, match="no_such_channel"):
        reach(town, clock, "pigeon", "coop")
    first = reach(town, clock, "email", "desk@example.org")
    assert reach(town, clock, "email", "desk@example.org").id == first.id
    for n in range(MOST_CONTACTS - 1):
        reach(town, clock, "email", f"desk{n}@example.org")
    with pytest.raises(Conflict, match="contacts_full"):
        reach(town, clock, "sms", "13800000000")
    tell(town, clock, "m1")
    remove_contact(town.session, first.id, now=clock())
    assert carry() == MOST_CONTACTS - 1
    assert len(list_contacts(town.session)) == MOST_CONTACTS - 1
    with pytest.raises(NotFound):
        remove_contact(town.session, first.id, now=clock())
