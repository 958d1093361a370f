"""The photo is made smaller on the phone, and its EXIF block comes along whole."""

import base64
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from civicprobe.reports.photo.exif import read_facts
from civicprobe.samples import Scene, Shot, photograph

SHRINK = """async (text) => {
  const main = document.querySelector('script[type=module]').src;
  const { shrink } = await import(new URL('picture.js', main).href);
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
  const small = await shrink(bytes, 'image/jpeg');
  let out = '';
  for (const byte of new Uint8Array(small.bytes)) out += String.fromCharCode(byte);
  return btoa(out);
}"""


@pytest.mark.parametrize("held", [1, 6])
def test_smaller_upright_and_with_the_same_exif(people, city, held):
    page = people.rider()
    page.goto(f"{city.url}/r")
    taken = Shot(datetime(2026, 11, 20, 8, 30, tzinfo=UTC), city.spot)
    data = photograph(Scene.MISSING_COVER, taken, size=(3000, 2250), held=held)
    small = base64.b64decode(page.evaluate(SHRINK, base64.b64encode(data).decode()))
    assert len(small) < len(data) / 2
    with Image.open(BytesIO(small)) as image:
        assert image.size == (1600, 1200)  # upright: as wide as it was meant to be
        assert image.getexif().get(0x0112, 1) == 1
    before, after = read_facts(data), read_facts(small)
    assert after.gps == before.gps
    assert after.taken_at == before.taken_at


def test_what_cannot_be_read_here_goes_as_it_is(people, city):
    page = people.rider()
    page.goto(f"{city.url}/r")
    data = b"\xff\xd8\xff" + bytes(600_000)
    assert base64.b64decode(page.evaluate(SHRINK, base64.b64encode(data).decode())) == data
