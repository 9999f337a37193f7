"""The tags of a published file of any format, and their language codes (ISO 639-2).

The codes are a table here because Babel 2.18 has exactly one three-letter code for only 128 of its 183
languages; the others have several (arb and ara, ger and deu), two have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model import Chapter, Seconds

UNDETERMINED = "und"

# ISO 639-1 with ISO 639-2/T, as the Library of Congress registers them.
_TABLE = (
    "aa aar ab abk ae ave af afr ak aka am amh an arg ar ara as asm av ava ay aym az aze ba bak be bel "
    "bg bul bi bis bm bam bn ben bo bod br bre bs bos ca cat ce che ch cha co cos cr cre cs ces cu chu "
    "cv chv cy cym da dan de deu dv div dz dzo ee ewe el ell en eng eo epo es spa et est eu eus fa fas "
    "ff ful fi fin fj fij fo fao fr fra fy fry ga gle gd gla gl glg gn grn gu guj gv glv ha hau he heb "
    "hi hin ho hmo hr hrv ht hat hu hun hy hye hz her ia ina id ind ie ile ig ibo ii iii ik ipk io ido "
    "is isl it ita iu iku ja jpn jv jav ka kat kg kon ki kik kj kua kk kaz kl kal km khm kn kan ko kor "
    "kr kau ks kas ku kur kv kom kw cor ky kir la lat lb ltz lg lug li lim ln lin lo lao lt lit lu lub "
    "lv lav mg mlg mh mah mi mri mk mkd ml mal mn mon mr mar ms msa mt mlt my mya na nau nb nob nd nde "
    "ne nep ng ndo nl nld nn nno no nor nr nbl nv nav ny nya oc oci oj oji om orm or ori os oss pa pan "
    "pi pli pl pol ps pus pt por qu que rm roh rn run ro ron ru rus rw kin sa san sc srd sd snd se sme "
    "sg sag si sin sk slk sl slv sm smo sn sna so som sq sqi sr srp ss ssw st sot su sun sv swe sw swa "
    "ta tam te tel tg tgk th tha ti tir tk tuk tl tgl tn tsn to ton tr tur ts tso tt tat tw twi ty tah "
    "ug uig uk ukr ur urd uz uzb ve ven vi vie vo vol wa wln wo wol xh xho yi yid yo yor za zha zh zho "
    "zu zul"
)
_PAIRS = _TABLE.split()
_CODES = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class Tags:
    """The texts and the cover inside an audio file.

    `language` is an ISO 639-2 code, `chapters` are in the file's own time and the first is at 0,
    `cover` is a JPEG.
    """

    title: str
    series: str
    author: str
    people: tuple[str, ...]
    date: datetime
    language: str
    duration: Seconds
    number: int | None = None
    season: int | None = None
    summary: str | None = None
    copyright: str | None = None
    link: str | None = None
    cover: bytes | None = None
    chapters: tuple[Chapter, ...] = ()

    @property
    def artist(self) -> str:
        """The people of the talk, else the series' author."""
        return ", ".join(self.people) or self.author


def image_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG in pixels; (0, 0) when they cannot be read."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return 0, 0


def iso639_2(tag: str) -> str:
    """The three-letter code of a BCP 47 tag; "und" if there is none.

    >>> iso639_2("ps"), iso639_2("pt-BR"), iso639_2("skr-Arab"), iso639_2("x-own")
    ('pus', 'por', 'skr', 'und')
    """
    primary = tag.split("-")[0].lower()
    if len(primary) == 3 and primary.isascii() and primary.isalpha():
        return primary
    return _CODES.get(primary, UNDETERMINED)
