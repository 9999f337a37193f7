"""Readable ASCII identifiers for names in any script: `transliterate_id`.

anyascii (ISC licence) knows the letters of every script. Two families of scripts leave vowels unwritten,
which a letter-by-letter table leaves out too: Arabic script and the Brahmic scripts. For these, vowels are
added first, by the rules of syllables. The result is meant to be recognised by a reader, not to be exact.

Identifiers become addresses, so a change of these rules changes addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

MAX_LENGTH = 60
"""Characters; a longer identifier ends after the last whole word."""

MAX_READ = 1000
"""Characters of a text that are read: more than an identifier can need."""


def transliterate_id(text: str) -> str:
    """Lower-case ASCII letters and digits of each word, joined by hyphens; "" if there are none.

    >>> transliterate_id("Tomás Rivera"), transliterate_id("حقوق بشر"), transliterate_id("Права человека")
    ('tomas-rivera', 'huquq-bashar', 'prava-cheloveka')
    """
    from anyascii import anyascii

    normal = unicodedata.normalize("NFKC", text[:MAX_READ])
    normal = "".join(letter for letter in normal if unicodedata.category(letter) != "Cf")
    vocalized = _ARABIC_WORD.sub(lambda found: _romanize_arabic(found[0]), _with_inherent_vowels(normal))
    ascii_text = re.sub("['`’ʼ]", "", anyascii(vocalized).lower())
    words = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")
    if len(words) <= MAX_LENGTH:
        return words
    return words[: MAX_LENGTH + 1].rpartition("-")[0] or words[:MAX_LENGTH]


# Brahmic scripts: a consonant without a vowel sign has the vowel a.

_DROPS_FINAL_VOWEL = ("DEVANAGARI", "BENGALI", "GUJARATI", "GURMUKHI")
_INDIC = ("ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", *_DROPS_FINAL_VOWEL)
_NASALS = ("SIGN ANUSVARA", "SIGN BINDI", "TIPPI")
_LABIAL = re.compile(r"LETTER (P|PH|B|BH|M)A$")
_SIBILANTS = {"শ": "sh", "ষ": "sh"}
"""Letters of Bengali that anyascii writes as s."""


def _with_inherent_vowels(text: str) -> str:
    """`text` with an "a" after each Brahmic consonant that is spoken with its inherent vowel."""
    spoken = []
    for position, letter in enumerate(text):
        spoken.append(_nasal(text, position) or _SIBILANTS.get(letter, letter))
        if _is_indic_consonant(letter) and _has_inherent_vowel(text, position):
            spoken.append("a")
    return "".join(spoken)


def _nasal(text: str, position: int) -> str:
    """The sound of a nasal sign, which depends on the next consonant; "" for other letters."""
    if text[position].isascii():
        return ""
    name = unicodedata.name(text[position], "")
    if not name.endswith(_NASALS):
        return ""
    following = unicodedata.name(text[position + 1 : position + 2] or " ", "")
    return "ng" if name.startswith("BENGALI") else "m" if _LABIAL.search(following) else "n"


def _is_indic_consonant(letter: str) -> bool:
    if letter.isascii() or unicodedata.category(letter) != "Lo":
        return False
    script, _, name = unicodedata.name(letter, "").partition(" LETTER ")
    return script in _INDIC and len(name) > 1 and name.endswith("A") and name not in ("AA", "VOCALIC LA")


def _has_inherent_vowel(text: str, position: int) -> bool:
    following = text[position + 1 : position + 2]
    nukta = following and unicodedata.name(following, "").endswith("SIGN NUKTA")
    if nukta:
        following = text[position + 2 : position + 3]
    if following and unicodedata.category(following) == "Lo":
        return not nukta
    if following and unicodedata.category(following).startswith("M"):
        return unicodedata.name(following, "").endswith(_NASALS)
    script = unicodedata.name(text[position]).split(" ")[0]
    before = text[position - 1 : position]
    is_conjunct = bool(before) and unicodedata.name(before, "").endswith("SIGN VIRAMA")
    return is_conjunct or script not in _DROPS_FINAL_VOWEL


# Arabic script: Arabic, Persian, Urdu, Pashto. Short vowels are not written.


class _Phoneme(NamedTuple):
    text: str
    is_vowel: bool


_ARABIC_WORD = re.compile("[\u0621-\u063a\u0640-\u065f\u0670-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f]+")


def _table(text: str) -> dict[str, str]:
    """The pairs of ``letter:sound letter:sound``."""
    return dict(pair.split(":") for pair in text.split())


_CONSONANTS = _table(
    """
    ب:b پ:p ت:t ٹ:t ټ:t ث:s ج:j چ:ch ځ:dz څ:ts ح:h خ:kh د:d ڈ:d ډ:d ذ:z ر:r ڑ:r ړ:r ز:z ژ:zh ږ:zh
    س:s ش:sh ښ:sh ص:s ض:z ط:t ظ:z ع: ئ: غ:gh ف:f ڤ:v ق:q ک:k ك:k ګ:g گ:g ل:l م:m ن:n ں:n ڼ:n ه:h ہ:h
    """
)
_VOWELS = _table(
    """
    ا:a آ:a أ:a ٱ:a إ:i ؤ:u ى:a ة:a ۃ:a ۀ:a ے:e ۓ:e ې:e ۍ:ay َ:a ِ:i ُ:u ً:an ٍ:in ٌ:un ٰ:a
    """
)
_SEMIVOWELS = {"و": "wu", "ی": "yi", "ي": "yi"}
"""Each as a consonant and as a vowel."""

_FINAL_H = "هہ"
_ASPIRATION = "ھ"
_BEFORE_T = ("s", "sh", "kh", "f")
"""The consonants of words such as داشت and ساخت, in which no vowel precedes the t; elsewhere it is -at."""

_MARKS = re.compile("[\u064b-\u0655\u0640]")
_SONORITY = {"r": 4, "l": 4, "n": 3, "m": 3, "b": 1, "p": 1, "t": 1, "d": 1, "k": 1, "g": 1, "q": 1, "j": 1}
"""A syllable ends in two consonants only if the first is more sonorous; other letters: 2, w and y: 5."""

_C = "[بپتثجچحخدذرزژسشصضطظعغفقكکگلمنه]"
_PATTERNS = (
    (re.compile(f"^ا({_C})ت({_C})ا(?={_C})"), r"اِ\1تِ\2ا"),
    (re.compile(f"^ان({_C})({_C})ا(?={_C})"), r"اِن\1ِ\2ا"),
    (re.compile(f"^است({_C})({_C})ا(?={_C})"), r"اِستِ\1\2ا"),
    (re.compile(f"^({_C})({_C})و(?={_C})"), r"\1ُ\2و"),
    (re.compile(f"(?<={_C})ستان"), "ِستان"),
    (re.compile("خوا"), "خا"),
)
"""Word patterns with their short vowels: ``iCtiCaC``, ``inCiCaC``, ``istiCCaC``, ``CuCuC``, ``-istan``."""

_WORDS = _table(
    """
    محمد:muhammad احمد:ahmad محمود:mahmud علی:ali علي:ali عمر:umar عثمان:usman حسین:husain
    حسين:husain حسن:hasan فاطمه:fatima فاطمہ:fatima فاطمة:fatima مریم:maryam مريم:maryam طه:taha
    طہ:taha موسی:musa عیسی:isa مصطفی:mustafa مصطفىٰ:mustafa مرتضی:murtaza یحیی:yahya الله:allah
    اللہ:allah عبد:abd عرب:arab قلم:qalam وطن:watan ملت:millat دولت:dawlat مسجد:masjid کابل:kabul
    تهران:tehran تہران:tehran پشاور:peshawar افغانستان:afghanistan بلوچستان:balochistan هند:hind
    ہند:hind مسلم:muslim علم:ilm فکر:fikr ظلم:zulm عشق:ishq حزب:hizb شعر:shir اردو:urdu فارسی:farsi
    پښتو:pashto پشتو:pashto عربی:arabi عراق:iraq مصر:misr مردم:mardum حیات:hayat بیان:bayan
    خیال:khayal انجمن:anjuman اسلام:islam افغان:afghan اخبار:akhbar افکار:afkar انسان:insan
    انسانی:insani جهان:jahan امام:imam کتاب:kitab عدل:adl فیض:faiz هندو:hindu ہندو:hindu
    هندوستان:hindustan ہندوستان:hindustan یونس:yunus نرگس:nargis کشور:kishwar فلسطین:filistin
    فلسطين:filistin حرية:hurriyya رسول:rasul ضرورت:zarurat جمهوری:jumhuri محبت:muhabbat
    """
)
"""Frequent words that the rules do not vocalise as they are spoken."""


def _romanize_arabic(word: str) -> str:
    """One word in Arabic script, in Latin letters."""
    bare = _MARKS.sub("", word)
    if bare in _WORDS:
        return _WORDS[bare]
    if bare[-1:] in _SEMIVOWELS and bare[:-1] in _WORDS:
        return f"{_WORDS[bare[:-1]]}i"
    if bare.startswith("ال") and len(bare) > 4:
        return f"al-{_romanize_arabic(bare[2:])}"
    for pattern, replacement in _PATTERNS:
        word = pattern.sub(replacement, word)
    return _syllables(_phonemes(word))


def _phonemes(word: str) -> Sequence[_Phoneme]:
    """The consonants and the written vowels of a word, in order."""
    found: deque[_Phoneme] = deque()
    for position in reversed(range(len(word))):
        phoneme = _phoneme(word[position], word[:position], found[0] if found else None)
        if phoneme is not None:
            found.appendleft(phoneme)
    return found


def _phoneme(letter: str, before: str, after: _Phoneme | None) -> _Phoneme | None:
    """The sound of a letter between the letters before and the sound after it; None for a silent one."""
    precedes_vowel = after is not None and after.is_vowel
    if letter in _SEMIVOWELS:
        follows_consonant = before == "ا" or before[-1:] not in ("", *_VOWELS)
        is_vowel = follows_consonant and not precedes_vowel
        return _Phoneme(_SEMIVOWELS[letter][is_vowel], is_vowel)
    if letter in _FINAL_H and after is None and before[-1:] in (*_CONSONANTS, "ی", "ي"):
        return _Phoneme("a", True)
    if letter in _VOWELS:
        # At the start, alif only carries the vowel that follows.
        return None if letter == "ا" and not before and precedes_vowel else _Phoneme(_VOWELS[letter], True)
    if unicodedata.category(letter) != "Lo" or letter == "ء":
        return None
    return _Phoneme(_CONSONANTS.get(letter, letter), False)


def _syllables(phonemes: Sequence[_Phoneme]) -> str:
    """The phonemes with the short vowels that make them pronounceable."""
    spoken, run = "", list[str]()
    after: str | None = None
    for text, is_vowel in phonemes:
        if text == _ASPIRATION:
            run[-1:] = [run[-1] + "h" if run else "h"]
        elif not is_vowel:
            run.append(text)
        else:
            spoken += _between(run, after) + text
            run, after = [], text
    if run[1:] == ["t"] and after is not None:
        is_monosyllable = len(phonemes) <= 4 and run[0] in _BEFORE_T
        return f"{spoken}{run[0]}t" if is_monosyllable else f"{spoken}{run[0]}at"
    return spoken + _at_end(run, after)


def _between(run: Sequence[str], after: str | None) -> str:
    """Consonants before a written vowel; `after` is the vowel before them, None at the word's start."""
    if len(run) <= 1:
        return "".join(run)
    if after is not None:
        return run[0] + _between(run[1:], None)
    return run[0] + ("i" if run[1] == "y" else "a") + _between(run[1:], "a")


def _at_end(run: Sequence[str], after: str | None) -> str:
    """Consonants at the end of a word."""
    if after is None:
        return run[0] + "a" + _at_end(run[1:], "") if run else ""
    if len(run) <= 1:
        return "".join(run)
    if len(run) > 2:
        return run[0] + _at_end(run[1:], None)
    first, last = run
    if _sonority(first) > _sonority(last):
        return first + last
    return f"{first}i{last}" if after == "a" else f"{first}a{last}"


def _sonority(consonant: str) -> int:
    return 5 if consonant in ("w", "y") else _SONORITY.get(consonant, 2)
