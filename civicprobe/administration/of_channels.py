"""The register of where people are told besides their inbox, each with a test."""

from collections.abc import Sequence

from flask_babel import force_locale, gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.administration.register import (
    Ask,
    Choices,
    Deed,
    Field,
    Line,
    Register,
    Said,
    Values,
)
from civicprobe.audit import record
from civicprobe.errors import Conflict, Forbidden, NotFound
from civicprobe.grid.people import list_staff
from civicprobe.grid.services.staff import get_below
from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.contacts import add_contact, remove_contact
from civicprobe.notices.message import Address, ChannelDown, Letter, Refused
from civicprobe.notices.models import Contact
from civicprobe.reports.pages.parts import exact_moment
from civicprobe.web.locale import LOCALES

MOST = 500


def _theirs(ask: Ask) -> set[int]:
    below = list_staff(ask.session, ask.actor, ask.settings.city_code, limit=100_000)
    return {account.id for account, _member in below} | {ask.by or 0}


def _contacts(ask: Ask) -> Sequence[tuple[Contact, str]]:
    wanted = (
        select(Contact, Account.username)
        .join(Account, Account.id == Contact.account_id)
        .where(Contact.active)
        .order_by(Account.username, Contact.id)
    )
    theirs = _theirs(ask)
    return [(row, name) for row, name in ask.session.execute(wanted) if row.account_id in theirs]


def _kinds(ask: Ask) -> Choices:
    """A webhook speaks from our own network: an administrator alone names its address."""
    words = {
        "email": gettext("电子邮件"),
        "sms": gettext("短信（只发紧急的）"),
        "webhook": "Webhook",
    }
    is_admin = ask.actor.role is Role.ADMIN
    return [(name, words[name]) for name in sorted(CHANNELS) if is_admin or name != "webhook"]


def _lines(ask: Ask, _named: str, _first: int) -> list[Line]:
    names = {"email": gettext("电子邮件"), "sms": gettext("短信"), "webhook": "Webhook"}
    return [
        Line(
            str(row.id),
            (
                name,
                str(names[row.channel]),
                row.address,
                exact_moment(row.sent_at) if row.sent_at else "–",
            ),
            None if _is_set_up(ask, row) else ("warn", str(gettext("还没有配置"))),
        )
        for row, name in _contacts(ask)[:MOST]
    ]


def _is_set_up(ask: Ask, row: Contact) -> bool:
    return CHANNELS[row.channel].is_set_up(ask.settings)


def _get(ask: Ask, key: str) -> tuple[Contact, Account]:
    row = ask.session.get(Contact, int(key)) if key.isdecimal() and len(key) < 18 else None
    if row is None or not row.active:
        raise NotFound("no_contact")
    account = ask.session.get_one(Account, row.account_id)
    if account.id != ask.by:
        get_below(ask.session, account.username, by=ask.desk)
    if row.channel == "webhook" and ask.actor.role is not Role.ADMIN:
        raise Forbidden("forbidden", role=ask.actor.role.value)
    return row, account


def _find(ask: Ask, key: str) -> Values:
    row, account = _get(ask, key)
    lang = next((short for short, long in LOCALES.items() if long == row.locale), "zh")
    return {
        "username": account.username,
        "channel": row.channel,
        "address": row.address,
        "lang": lang,
    }


def _save(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    if key is not None:
        raise Conflict("contact_fixed")
    account = get_account(ask.session, values["username"])
    if account.id != ask.by:
        get_below(ask.session, account.username, by=ask.desk)
    locale = LOCALES[values["lang"]]
    row = add_contact(
        ask.session, account, values["channel"], values["address"], locale=locale, now=ask.now
    )
    _record(ask, "channel.made", row)
    if not row.secret:
        return str(row.id), Said(gettext("已加上，请试发一条"))
    return str(row.id), Said(gettext("已加上。签名用的密钥，只显示这一次："), secret=row.secret)


def _remove(ask: Ask, key: str) -> Said:
    row, _account = _get(ask, key)
    remove_contact(ask.session, row.id, now=ask.now)
    _record(ask, "channel.removed", row)
    return Said(gettext("以后不再发到这里"))


def _test(ask: Ask, key: str) -> Said:
    """Send one message there and say how it went; nothing is open in the database meanwhile."""
    row, _account = _get(ask, key)
    channel = CHANNELS[row.channel]
    if not channel.is_set_up(ask.settings):
        return Said(
            gettext("服务器还没有配置，见 docs/settings.md 里的 SMTP、SMS 设置"), kind="bad"
        )
    letter = _letter(ask, row)
    address, row_id = Address(row.address, row.secret), row.id
    ask.session.rollback()
    try:
        channel.send(letter, address, ask.settings)
    except (ChannelDown, Refused) as fault:
        said = Said(gettext("没有发出去：%(why)s", why=str(fault)), kind="bad")
    else:
        said = Said(gettext("已发出，请看 %(to)s 收到没有", to=address.to))
    _record(ask, "channel.tested", ask.session.get_one(Contact, row_id), sent=said.kind == "good")
    return said


def _letter(ask: Ask, row: Contact) -> Letter:
    with force_locale(row.locale):
        subject = str(gettext("随手拍：测试通知"))
        text = str(gettext("这是一条测试通知，收到就说明这个地址可用，不用理会。"))
    matter = {"topic": "test", "number": "", "category": ""}
    stamp = int(ask.now.timestamp())
    return Letter(
        f"test-{row.id}-{stamp}", subject, text, f"{ask.settings.public_url}/inbox", (matter,)
    )


def _record(ask: Ask, what: str, row: Contact, **more: object) -> None:
    """Without the address, which is a person's."""
    data = {"channel": row.channel, "account_id": row.account_id, **more}
    record(ask.session, what, account_id=ask.by, now=ask.now, subject=str(row.id), data=data)


CHANNELS_REGISTER = Register(
    key="channels",
    icon="bell",
    title=lazy_pgettext("register", "通知方式"),
    help=_l("除了站内消息，还发到哪里：邮件、短信、Webhook。加上后试发一条。"),
    columns=(_l("用户名"), _l("方式"), _l("地址"), _l("上次发出")),
    lines=_lines,
    find=_find,
    audit="channel.",
    fields=(
        Field("username", _l("用户名"), most=32, required=True, fixed=True),
        Field(
            "channel",
            _l("方式"),
            "select",
            required=True,
            fixed=True,
            choices=_kinds,
            value="email",
        ),
        Field(
            "address",
            _l("地址"),
            most=300,
            required=True,
            fixed=True,
            hint=_l("邮箱、手机号，或 https:// 开头的网址。"),
        ),
        Field(
            "lang",
            _l("语言"),
            "select",
            required=True,
            fixed=True,
            value="zh",
            choices=lambda _ask: [("zh", "中文"), ("en", "English")],
        ),
    ),
    save=_save,
    deeds=(
        Deed("test", _l("试发一条"), "send", _test),
        Deed("remove", _l("不再发到这里"), "cross", _remove),
    ),
    city_wide=False,
)
