"""Uploads that are cut, stall, are refused or lose their answer: all arrives, each once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from .phone import Phone, hurry, payload, photo_numbers, shot, waiting
from .wire import Trouble, Wire, a_wire

CUTS = (0.1, 0.5, 0.9)
TO_PHOTO, TO_REPORT = r"^PUT .*/photos/", r"^PUT /api/v1/reports/[^/]+ "


@contextmanager
def on_a_bad_line(people, city) -> Iterator[tuple[Phone, Wire]]:
    at = urlsplit(city.url)
    with a_wire(at.hostname or "", at.port or 0) as wire:
        page = people.rider()
        hurry(page)
        phone = Phone(page, wire.url)
        phone.open()
        yield phone, wire


def all_in_once(phone: Phone, count: int = 1) -> None:
    phone.done()
    reports = phone.arrived(settled=False)
    assert [photo_numbers(report) for report in reports] == [[1]] * count


def reasons_said(phone: Phone) -> list[str]:
    """What the receipt says of how it goes, from now on."""
    said: list[str] = []

    def note(words: str) -> None:
        said.append(words)

    phone.page.expose_function("said", note)
    phone.page.evaluate(
        """() => new MutationObserver(() => window.said(
             document.querySelector('[data-receipt] [data-state]').textContent))
           .observe(document.querySelector('[data-receipt]'),
             { subtree: true, childList: true, characterData: true })"""
    )
    return said


def test_a_photo_cut_at_each_third_arrives_once(people, city):
    with on_a_bad_line(people, city) as (phone, wire):
        wire.troubles.extend(Trouble(TO_PHOTO, cut=part) for part in CUTS)
        phone.snap(shot(seed=3, size=(1600, 1200)))
        phone.number()  # the words went first: the number is there while the photo is not
        all_in_once(phone)
        assert not wire.troubles


@pytest.mark.slow
def test_cut_twenty_times_stalled_refused_and_restarted_in_between_it_arrives_once(people, city):
    """Three photos; each is cut at a tenth, half and nine tenths in turn, twenty times in all, with
    an error, a stall of 20 s and a lost answer in between; the server is killed in the middle."""
    with on_a_bad_line(people, city) as (phone, wire):
        cuts = [Trouble(TO_PHOTO, cut=CUTS[n % 3]) for n in range(20)]
        others = {
            4: Trouble(TO_PHOTO, status=500),
            9: Trouble(TO_PHOTO, stall_s=20),
            14: Trouble(TO_PHOTO, lose_answer=True),
            17: Trouble(TO_PHOTO, status=503),
        }
        for n, cut in enumerate(cuts):
            wire.troubles.extend([cut, others[n]] if n in others else [cut])
        said = reasons_said(phone)
        phone.shoot(shot(seed=20, size=(1600, 1200)))
        for seed in (21, 22):
            phone.page.set_input_files("#far", payload(shot(seed=seed, size=(1600, 1200))))
            expect(phone.page.locator("[data-shots] img")).to_have_count(seed - 19)
        phone.send()
        phone.number()  # the words went first: the number is there while no photo is
        while len(wire.troubles) > 12:
            phone.page.wait_for_timeout(50)
        for pid in servers_of(city.pid):
            os.kill(pid, signal.SIGKILL)
        phone.done()
        assert not wire.troubles
        (report,) = phone.arrived(settled=False)
        assert photo_numbers(report) == [1, 2, 3]
        told = "\n".join(said)
        for why in ("网络断了", "我们这边出了问题", "网络太慢"):
            assert why in told, said


def test_lost_answers_errors_and_stalls_are_told_and_outlived(people, city):
    with on_a_bad_line(people, city) as (phone, wire):
        wire.troubles.extend(
            [
                Trouble(TO_REPORT, lose_answer=True),
                Trouble(TO_REPORT, status=500),
                Trouble(TO_REPORT, stall_s=20),
                Trouble(TO_PHOTO, status=502),
                Trouble(TO_PHOTO, lose_answer=True),
            ]
        )
        said = reasons_said(phone)
        phone.snap(shot(seed=77))
        all_in_once(phone)
        assert not wire.troubles
        told = "\n".join(said)
        for why in ("网络断了", "我们这边出了问题", "网络太慢"):
            assert why in told, said


def test_a_portal_in_between_is_not_taken_for_a_receipt(people, city):
    with on_a_bad_line(people, city) as (phone, wire):
        wire.troubles.extend(Trouble(TO_REPORT, status=200) for _ in range(3))
        phone.snap(shot(seed=78))
        expect(phone.page.locator("[data-state]")).to_contain_text("网络要先登录")
        all_in_once(phone)


def test_a_server_restarted_in_the_middle_loses_nothing(people, city):
    with on_a_bad_line(people, city) as (phone, _wire):
        for seed in range(3):
            phone.snap(shot(seed=seed, size=(1600, 1200)))
            if seed == 1:
                for pid in servers_of(city.pid):
                    os.kill(pid, signal.SIGKILL)
        all_in_once(phone, 3)
    assert not waiting(phone.page)


def servers_of(pid: int) -> list[int]:
    """The web server that a demo started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and b"waitress" in words:
            found.append(int(folder.name))
    assert found, "no server below the demo"
    return found
