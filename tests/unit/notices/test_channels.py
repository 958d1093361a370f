"""Each channel hands over what it should to a real server, and says what a failure means."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.message import Address, ChannelDown, Letter, Refused
from civicprobe.notices.webhook import signature
from tests.conftest import settings_in

MATTER = {"topic": "desk_dispatch", "number": "C8898-6217-3", "category": "rubbish"}
LETTER = Letter(
    "d7", "有案件待派遣 C8898-6217-3", "有案件待派遣 垃圾", "https://x/to/C1", (MATTER,)
)


@pytest.fixture
def set_up(tmp_path, mailbox, hook):
    return replace(
        settings_in(tmp_path),
        smtp_url=mailbox.url,
        mail_from="grid@example.org",
        sms_url=hook.url,
        sms_token="t0ken",
    )


def test_a_mail_arrives_with_its_id_and_in_chinese(set_up, mailbox):
    CHANNELS["email"].send(LETTER, Address("desk@example.org"), set_up)
    (envelope,) = mailbox.got
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["desk@example.org"]
    assert mail["Subject"] == LETTER.subject
    assert mail["Message-ID"] == "<d7@127.0.0.1>"
    assert "有案件待派遣 垃圾" in mail.get_content()
    assert LETTER.link in mail.get_content()


@pytest.mark.parametrize(
    ("answer", "to", "meaning"),
    [
        ("451 come later", "desk@example.org", ChannelDown),
        ("554 never", "desk@example.org", Refused),
        (None, "gone@example.org", Refused),
    ],
)
def test_a_mail_server_says_for_now_or_for_good(set_up, mailbox, answer, to, meaning):
    mailbox.answer = answer
    with pytest.raises(meaning):
        CHANNELS["email"].send(LETTER, Address(to), set_up)
    assert mailbox.got == []


def test_a_webhook_is_signed_over_its_time_and_body(set_up, hook):
    CHANNELS["webhook"].send(LETTER, Address(hook.url, "s3cret"), set_up)
    ((headers, body, said),) = hook.got
    assert said == {"id": "d7", "link": LETTER.link, **MATTER}
    stamp = headers["X-Civicprobe-Timestamp"]
    assert headers["X-Civicprobe-Signature"] == signature("s3cret", stamp, body)
    assert headers["X-Civicprobe-Signature"] != signature("other", stamp, body)
    assert headers["X-Civicprobe-Delivery"] == "d7"


def test_a_text_message_carries_words_and_link(set_up, hook):
    CHANNELS["sms"].send(LETTER, Address("+8613800000000"), set_up)
    ((headers, _, said),) = hook.got
    assert said == {"id": "d7", "to": "+8613800000000", "text": f"{LETTER.text} {LETTER.link}"}
    assert headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("name", ["webhook", "sms"])
@pytest.mark.parametrize(
    ("answer", "meaning"),
    [(503, ChannelDown), (429, ChannelDown), (410, Refused), (302, Refused)],
)
def test_an_answer_says_for_now_or_for_good(set_up, hook, name, answer, meaning):
    hook.answer = answer
    with pytest.raises(meaning):
        CHANNELS[name].send(LETTER, Address(hook.url), set_up)


def test_nobody_there_is_for_now(set_up):
    nowhere = replace(set_up, smtp_url="smtp://127.0.0.1:1", sms_url="http://127.0.0.1:1/")
    for name in CHANNELS:
        with pytest.raises(ChannelDown):
            CHANNELS[name].send(LETTER, Address("http://127.0.0.1:1/"), nowhere)
