"""What is looked for in words: pairs of Chinese characters, Latin words, and how pairs sound.

Pure. Chinese knows no gaps, so a text is found by its pairs of neighbouring characters; the last
character of a run stands alone as well, so that each one begins a term. Pinyin is kept once a
term, not once a text: a city's people write some ten thousand different pairs, not millions.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_WORD = 16
MAX_TERMS = 1_000
MAX_READINGS = 4
# The syllables of pinyin without tones; a test holds them to the library that reads the terms.
_SAID = """
a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bong bu ca cai can
cang cao ce cei cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai
chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de dei den deng
di dia dian diao die din ding diu dong dou du duan dui dun duo e ei en eng er fa fan fang fei
fen feng fiao fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui
gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia
jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke kei ken keng kong
kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei len leng li lia lian liang
liao lie lin ling liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi
mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nia nian niang niao
nie nin ning niu nong nou nu nuan nun nuo nv nve o ou pa pai pan pang pao pei pen peng pi pian
piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun ran
rang rao re ren reng ri rong rou ru rua ruan rui run ruo sa sai san sang sao se sen seng sha
shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si
song sou su suan sui sun suo ta tai tan tang tao te tei teng ti tian tiao tie ting tong tou tu
tuan tui tun tuo wa wai wan wang wei wen weng wo wong wu xi xia xian xiang xiao xie xin xing
xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan
zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou zhu zhua
zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo
"""
SYLLABLES = frozenset(_SAID.split())
_BEGINNINGS = frozenset(sound[:size] for sound in SYLLABLES for size in range(1, len(sound) + 1))
_RUNS = re.compile(r"([\u3400-\u9fff]+)|([a-z0-9]+)")
_LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Sought:
    """Terms of which one must be there: exact ones, or those that begin or sound like it."""

    term: str | None = None
    begins: str | None = None
    sounds: str | None = None
    sounds_begin: str | None = None
    initials: str | None = None


# One run of what was typed: any of these ways, in each way all of its parts.
Ways = Sequence[Sequence[Sought]]


def plain(text: str) -> str:
    """Text as it is compared: full-width letters as half-width, no case."""
    return unicodedata.normalize("NFKC", text).casefold()


def terms_of(text: str) -> frozenset[str]:
    """The terms of a text, the first thousand."""
    found: dict[str, None] = {}
    for chinese, latin in _RUNS.findall(plain(text)):
        terms = [*_pairs(chinese), chinese[-1]] if chinese else [latin[:MAX_WORD]]
        found |= dict.fromkeys(terms)
    return frozenset(list(found)[:MAX_TERMS])


def sound_of(term: str) -> tuple[str, str]:
    """How a term is said: its syllables and their first letters; nothing for Latin words."""
    if not _is_chinese(term):
        return "", ""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # 60 MB, for those who need it

    said = [syllable for syllable in lazy_pinyin(term, errors="ignore") if syllable]
    return " ".join(said)[:32], "".join(syllable[0] for syllable in said)


def ways_to(text: str) -> list[Ways]:
    """For each run of what was typed the ways in which a text may hold it."""
    return [
        [_chinese(chinese)] if chinese else [*_latin(latin)]
        for chinese, latin in _RUNS.findall(plain(text))
    ]


def chinese_runs(text: str) -> list[str]:
    """The unbroken runs of Chinese characters in a text."""
    return [chinese for chinese, _ in _RUNS.findall(plain(text)) if chinese]


def _chinese(run: str) -> list[Sought]:
    pairs = [Sought(term=pair) for pair in _pairs(run)]
    return pairs or [Sought(begins=run)]


def _latin(run: str) -> Iterator[Sequence[Sought]]:
    yield [Sought(begins=run[:MAX_WORD])]
    if not _LETTERS.fullmatch(run):
        return
    for syllables in readings(run):
        yield _said(syllables)
    if len(run) > 1:
        yield [Sought(initials=run[at : at + 2]) for at in range(len(run) - 1)]


def _said(syllables: Sequence[str]) -> list[Sought]:
    """Pairs of syllables; the last of all may be cut short."""
    if len(syllables) == 1:
        return [Sought(sounds_begin=syllables[0])]
    whole = [" ".join(syllables[at : at + 2]) for at in range(len(syllables) - 1)]
    return [*(Sought(sounds=pair) for pair in whole[:-1]), Sought(sounds_begin=whole[-1])]


def readings(letters: str) -> list[list[str]]:
    """The ways to cut letters into syllables, the last one perhaps unfinished; a few at most."""
    found: list[list[str]] = []

    def cut(at: int, said: list[str]) -> None:
        if len(found) >= MAX_READINGS:
            return
        rest = letters[at:]
        if not rest:
            found.append(said)
            return
        for size in range(min(6, len(rest)), 0, -1):
            last = size == len(rest)
            if rest[:size] in (_BEGINNINGS if last else SYLLABLES):
                cut(at + size, [*said, rest[:size]])

    cut(0, [])
    return found


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _is_chinese(term: str) -> bool:
    found = _RUNS.fullmatch(term)
    return found is not None and found[1] is not None
