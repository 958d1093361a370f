"""Tasks of the queue: enrich a report, make a photo's copies, hand what failed to a desk."""

from uuid import UUID

from sqlalchemy.orm import Session

from civicprobe.broker import PICTURES_LIMITS
from civicprobe.db import one_by_one, utc_now
from civicprobe.grid.city import find_city
from civicprobe.reports.services import enrich as enriching
from civicprobe.reports.services import hand_over as handing
from civicprobe.reports.services import pictures as copying
from civicprobe.reports.services import resemble as resembling
from civicprobe.reports.services.alarm import alarm as call_out
from civicprobe.reports.services.give_up import give_up as hand_to_desk
from civicprobe.reports.services.merge import follow as follow_primary
from civicprobe.reports.services.suspend import resume_on_date
from civicprobe.reports.services.words import index_words
from civicprobe.web.parts import parts
from workers.work import short_read, unit_of_work, work


@work("enrich")
def enrich(row_id: int, report_id: int) -> None:
    """Settle where a report is and who gets it."""
    with short_read() as session:
        wanted = enriching.list_unread(session, report_id)
        city = find_city(session, parts().settings)
        spot = enriching.find_spot(session, report_id, city)
    facts = enriching.read_photos(parts().storage, wanted)
    with unit_of_work(row_id) as session:
        enriching.enrich(session, report_id, facts, city=city, spot=spot, now=utc_now())


@work("pictures", **PICTURES_LIMITS)
def pictures(row_id: int, photo_id: str) -> None:
    """Make the copies that people see, faces and plates hidden."""
    with short_read() as session:
        source = copying.find_bytes(session, UUID(photo_id))
    copies = copying.make(parts().storage, source, parts().settings.max_pixels)
    with unit_of_work(row_id) as session:
        copying.keep(session, UUID(photo_id), copies, now=utc_now())


@work("resemble")
def resemble(row_id: int, report_id: int) -> None:
    """Look for reports like this one, and read the pictures brought since."""
    with short_read() as session:
        wanted = resembling.list_unread_evidence(session, report_id)
    facts = enriching.read_photos(parts().storage, wanted)
    with unit_of_work(row_id) as session:
        resembling.resemble(session, report_id, facts)


@work("words")
def words(row_id: int, report_id: int) -> None:
    """Make a report findable by its words."""
    with unit_of_work(row_id) as session:
        index_words(session, report_id)


@work("hand_over")
def hand_over(row_id: int, account_id: int, why: str) -> None:
    """A member serves no longer, for now or for good: each of their cards goes to another."""
    with short_read() as session:
        cards = handing.list_cards(session, account_id)
        city = find_city(session, parts().settings)

    def give(session: Session, card: int) -> None:
        handing.hand_over_card(session, card, account_id, why, city=city, now=utc_now())

    one_by_one(cards, give)
    with unit_of_work(row_id):
        pass


@work("follow")
def follow(row_id: int, report_id: int) -> None:
    """A merged report ends, or opens again, with its primary."""
    with unit_of_work(row_id) as session:
        follow_primary(session, report_id, now=utc_now())


@work("alarm")
def alarm(row_id: int, report_id: int) -> None:
    """Call whoever is on duty to an urgent report."""
    with short_read() as session:
        city = find_city(session, parts().settings)
    with unit_of_work(row_id) as session:
        call_out(session, report_id, city=city, now=utc_now())


@work("resume")
def resume(row_id: int, report_id: int, version: int) -> None:
    """A suspended case goes on at its review date."""
    with unit_of_work(row_id) as session:
        resume_on_date(session, report_id, version, now=utc_now())


@work("give_up")
def give_up(row_id: int, failed_id: int) -> None:
    """What failed five times goes before a person."""
    with unit_of_work(row_id) as session:
        hand_to_desk(session, failed_id, now=utc_now())
