"""What a text is found by: pairs of characters, words, and how pairs are said."""

import pytest
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.pinyin_dict import pinyin_dict

from civicprobe.reports.queue.terms import (
    MAX_TERMS,
    SYLLABLES,
    readings,
    sound_of,
    terms_of,
    ways_to,
)


def test_chinese_is_found_by_pairs_and_latin_by_words():
    assert terms_of("路口井盖没了，ABC12 ５号") == {
        *("路口", "口井", "井盖", "盖没", "没了", "了"),
        *("abc12", "5", "号"),
    }
    assert terms_of("——！") == frozenset()
    assert len(terms_of("".join(map(chr, range(0x4E00, 0x4E00 + 5000))))) == MAX_TERMS


def test_a_pair_is_said_as_in_that_word():
    assert sound_of("井盖") == ("jing gai", "jg")
    assert sound_of("重庆") == ("chong qing", "cq")
    assert sound_of("银行") == ("yin hang", "yh")
    assert sound_of("abc12") == ("", "")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("jinggai", ["jing", "gai"]),
        ("jingg", ["jing", "g"]),
        ("xian", ["xi", "an"]),
        ("xian", ["xian"]),
        ("xiaofangtongdao", ["xiao", "fang", "tong", "dao"]),
    ],
)
def test_letters_are_cut_into_syllables(typed, read):
    assert read in readings(typed)


def test_what_is_no_pinyin_is_no_pinyin():
    assert readings("vvv") == []
    assert len(readings("anananananananananan" * 2)) <= 4
    assert [way[0].begins for way in ways_to("A17")[0]] == ["a17"]


def test_the_syllables_are_those_that_the_library_gives():
    said = {to_normal(sound) for sound in ",".join(pinyin_dict.values()).split(",")}
    assert said >= SYLLABLES
    strange = {sound for sound in said - SYLLABLES if sound.isascii() and sound.isalpha()}
    assert len(strange) <= 10
    assert strange <= {"m", "n", "ng", "hm", "hng", "biang", "g", "l", "r", "s", "o", "k"}
