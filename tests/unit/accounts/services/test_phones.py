"""Codes that make two phones one rider's: once, in time, with all that each had before."""

from datetime import timedelta

import pytest

from civicprobe.accounts.queries import actor_of_account, actor_of_rider
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import NewAccount, create_account, create_device
from civicprobe.accounts.services.phones import LINK_LIFE, issue_code, redeem_code
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Forbidden


@pytest.fixture
def phones(session):
    return [create_device(session, new_token(), now=utc_now()) for _ in range(4)]


def linked(session, first, second, kind="link"):
    code = issue_code(session, first.id, kind, now=utc_now())
    redeem_code(session, code, second.id, now=utc_now())


def test_linked_phones_are_one_rider_whoever_asks(session, phones):
    linked(session, phones[0], phones[1])
    linked(session, phones[1], phones[2], "recovery")
    both = {phone.id for phone in phones[:3]}
    for phone in phones[:3]:
        assert actor_of_rider(session, phone).device_ids == both
    assert actor_of_rider(session, phones[3]).device_ids == {phones[3].id}


def test_two_riders_become_one_with_all_their_phones(session, phones):
    linked(session, phones[0], phones[1])
    linked(session, phones[2], phones[3])
    linked(session, phones[3], phones[1])
    assert len(actor_of_rider(session, phones[0]).device_ids) == 4
    linked(session, phones[0], phones[2])  # already one: nothing changes
    assert len(actor_of_rider(session, phones[2]).device_ids) == 4


def test_a_code_works_once_in_time_and_however_it_is_typed(session, phones):
    now = utc_now()
    code = issue_code(session, phones[0].id, "link", now=now)
    with pytest.raises(Forbidden, match="code_wrong"):
        redeem_code(session, code, phones[1].id, now=now + LINK_LIFE)
    with pytest.raises(Forbidden, match="code_wrong"):
        redeem_code(session, "1234-5678-9012-3456", phones[1].id, now=now)
    redeem_code(session, f" {code.replace('-', ' ')} ", phones[1].id, now=now)
    with pytest.raises(Forbidden, match="code_wrong"):
        redeem_code(session, code, phones[2].id, now=now)


def test_a_new_code_ends_the_older_one_of_its_kind(session, phones):
    older = issue_code(session, phones[0].id, "recovery", now=utc_now())
    newer = issue_code(session, phones[0].id, "recovery", now=utc_now())
    with pytest.raises(Forbidden):
        redeem_code(session, older, phones[1].id, now=utc_now())
    redeem_code(session, newer, phones[1].id, now=utc_now() + timedelta(days=300))


def test_a_member_is_known_by_every_phone_linked_to_theirs(session, phones):
    """Or recusal could be got around by a second phone."""
    new = NewAccount("xiao-li", Role.MEMBER, "510113001001001", "correct horse battery")
    account = create_account(session, new, now=utc_now())
    phones[1].account_id = account.id
    linked(session, phones[0], phones[1])
    linked(session, phones[0], phones[2])
    assert actor_of_account(session, account).device_ids == {phone.id for phone in phones[:3]}


def test_phones_of_two_members_are_never_one(session, phones):
    for phone, name in zip(phones, ("one", "two"), strict=False):
        new = NewAccount(name, Role.MEMBER, "510113001001001", "correct horse battery")
        phone.account_id = create_account(session, new, now=utc_now()).id
    session.flush()
    with pytest.raises(Conflict, match="phones_of_two_people"):
        linked(session, phones[0], phones[1])
