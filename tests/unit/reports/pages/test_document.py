"""The case document: a PDF with the pictures and the chain's head, and never the rider's words."""

import re
import zlib
from base64 import a85decode


def text_of(pdf: bytes) -> str:
    """What the pages say: strings of a CID font are UTF-16."""
    streams = re.findall(rb"stream\r?\n(.*?)\s*endstream", pdf, re.S)
    said = ""
    for stream in streams:
        try:
            page = zlib.decompress(a85decode(stream.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
        for part in re.findall(rb"\((.*?)(?<!\\)\) Tj", page, re.S):
            plain = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), part)
            said += re.sub(rb"\\(.)", rb"\1", plain).decode("utf-16-be", "replace")
    return said


def test_a_desk_prints_a_case_with_pictures_and_the_head_of_its_chain(town):
    phone = town.rider()
    number = town.handled(phone)
    answer = town.staff("street").get(f"/o/{number}/document.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.data.count(b"/Subtype /Image") >= 2, "before and after"
    said = text_of(answer.data)
    assert number in said
    assert "处理前" in said
    assert re.search(r"[0-9a-f]{64}", said.replace("\n", ""))
    assert town.staff("unit").get(f"/o/{number}/document.pdf").status_code == 403
    assert phone.get(f"/o/{number}/document.pdf").status_code in {302, 401, 403}


def test_the_riders_words_stay_in_the_house(town):
    number = town.dispatched(note="我叫老王，电话 13800000000")
    answer = town.staff("street").get(f"/o/{number}/document.pdf")
    said = text_of(answer.data)
    assert number in said
    assert "老王" not in said
    assert "13800000000" not in said
