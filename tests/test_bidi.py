"""Pages, feed and drawn images use one table of directions; no text can reorder the text around it."""

from __future__ import annotations

import re
from itertools import accumulate

import pytest
from babel import Locale, localedata
from hypothesis import given
from hypothesis.strategies import text

from publisher.bidi import neutralize
from publisher.images.typesetting import is_rtl
from publisher.outputs.feed.context import bidi_isolate
from publisher.render.language import Language

WRITTEN = {
    "rtl": "ar ar-EG arc arz az-Arab az-IR azb bal bft bgn bqi ckb dv fa fas fa-AF ff-Adlm glk haz he iw "
    "khw kk-Arab-CN ks ks-Arab ku-Arab ku-LB lrc ms-Arab mzn nqo pa-Arab pa-PK pbt pbu pnb prs ps pus rhg sd sd_PK "
    "skr syr syr-Syrj tg-Arab ug ur ur-PK urd uz-AF uz-Arab yi yi-US UR-arab",
    "ltr": "az bm de en fa-Latn ff ha he-Latn ja kk ks-Deva ku ms pa pa-IN qaa sd-Deva tr ur-Latn-PK uz und zh-Hant "
    "en-t-ar en-u-nu-arab x",
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [(language, expected) for expected, tags in WRITTEN.items() for language in tags.split()],
)
def test_a_page_its_drawn_image_and_the_feed_agree_on_a_language(language: str, expected: str) -> None:
    assert Language(language).direction == expected
    assert is_rtl("42", language) == (expected == "rtl")
    assert bidi_isolate("a ب", language)[0] == {"ltr": "\u2066", "rtl": "\u2067"}[expected]


def test_every_language_of_babel_has_the_direction_of_babel() -> None:
    tags = sorted(localedata.locale_identifiers())
    assert len(tags) > 900
    expected = {tag: Locale.parse(tag).character_order == "right-to-left" for tag in tags}
    assert {tag: is_rtl("", tag) for tag in tags} == expected
    assert {tag: Language(tag.replace("_", "-")).direction == "rtl" for tag in tags} == expected


@given(text("ab \u200c\u200f\u202a\u202c\u202e\u2066\u2067\u2068\u2069\u206a\n\u2029"))
def test_every_line_is_balanced_and_every_letter_kept(written: str) -> None:
    safe = neutralize(written)
    for line in re.split("[\n\u2029]", safe):
        depths = list(
            accumulate(((sign in "\u2066\u2067\u2068") - (sign == "\u2069") for sign in line), initial=0)
        )
        assert min(depths) == depths[-1] == 0
    assert re.sub("[\u2066-\u2069]", "", safe) == re.sub("[\u202a-\u202e\u2066-\u206f]", "", written)
    assert neutralize(safe) == safe
