"""The words that may not be published, and finding them in a text however they are written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from publisher.files import open_regular
from publisher.leaks.normalize import fold, squeeze
from publisher.leaks.patterns import DIGITS, WORD, patterns_of
from publisher.leaks.variants import Variant, variants

STRETCH = 1 << 21
"""Characters searched at a time."""

OVERLAP = 1 << 12
"""Characters that two stretches share: more than the longest name with all that may split it."""

SAMPLE = 1 << 16
"""Bytes that are read to recognize a text file."""

_END = 1 << 20
"""Bytes at each end of a long file: tags stand there, sound and pictures between."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that may not be published: where in the file it is, what it is, and its shadow."""

    place: str
    kind: str
    masked: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.place} ({self.masked})"


@dataclass(frozen=True, slots=True)
class Secret:
    """A word that may not be published. `kind` is name, e-mail, phone, address, path or account."""

    kind: str
    text: str = field(repr=False)
    whose: str = ""

    @property
    def called(self) -> str:
        return f"{self.kind} of {self.whose}" if self.whose else self.kind


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """What gives away the machine of a producer: paths, the account's name, the machine's name."""

    paths: tuple[str, ...] = ()
    account: str = ""
    host: str = ""

    def secrets(self) -> Iterator[Secret]:
        yield from (Secret("path of this machine", path) for path in self.paths if len(path) > 1)
        if self.account:
            yield Secret("account of this machine", self.account)
        # A machine called `press` would be found in every text; one called `taha-macbook` in none.
        if len(self.host) >= 6 and re.search(r"[\d-]", self.host) and self.host != "localhost":
            yield Secret("name of this machine", self.host)


@dataclass(frozen=True)
class _Pattern:
    """A secret made ready: `rare` is a word that has to be there, `pattern` decides."""

    secret: Secret
    rare: str
    pattern: re.Pattern[str]

    @property
    def is_short(self) -> bool:
        return self.pattern.pattern.startswith("(?<!")

    def find(self, folded: str) -> re.Match[str] | None:
        """Where it stands first in a folded text, not counting identifiers in which it is by chance."""
        found = self.pattern.search(folded)
        if found is None or _HEX.fullmatch(found[0]) is None:
            return found
        taken = [one.span() for one in _IDENTIFIER.finditer(folded)]
        return next((one for one in self.pattern.finditer(folded) if not _is_inside(one.span(), taken)), None)


_HEX = re.compile(r"[0-9a-f-]{3,16}")
_IDENTIFIER = re.compile(
    r"(?<![^\W_])(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,128})(?![^\W_])"
)
"""A UUID, or a digest in full: both are made by chance."""


def _is_inside(span: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


@dataclass(frozen=True)
class Secrets:
    """Everything that may not be published, ready to be searched for."""

    words: tuple[Secret, ...] = ()

    @cached_property
    def _needles(self) -> dict[str, list[_Pattern]]:
        """By the word that has to be there: most texts are done with after looking for that."""
        found: dict[str, list[_Pattern]] = {}
        for secret in self.words:
            if secret.kind != "phone":
                for rare, pattern in patterns_of(secret.kind, secret.text):
                    found.setdefault(rare, []).append(_Pattern(secret, rare, re.compile(pattern)))
        return found

    @cached_property
    def _phones(self) -> tuple[_Pattern, ...]:
        return tuple(
            _Pattern(secret, digits, re.compile(pattern))
            for secret in self.words
            if secret.kind == "phone"
            for digits, pattern in patterns_of(secret.kind, secret.text)
        )

    @cached_property
    def _has_short(self) -> bool:
        return any(needle.is_short for needles in self._needles.values() for needle in needles)

    @cached_property
    def _raw(self) -> tuple[tuple[bytes, Secret], ...]:
        words = [secret for secret in self.words if _HEX.fullmatch(secret.text.lower()) is None]
        written = [(secret.text.encode(form), secret) for secret in words for form in ("utf-8", "utf-16-le")]
        return tuple((word, secret) for word, secret in written if len(word) >= 10)

    def find_in(self, text: str, place: str, line_of: Callable[[int], int] | None = int) -> Iterator[Leak]:
        """What of it a text holds, with the line where the text has several.

        `line_of` gives the line to be named, also of a text of one line, for a line of `text`, both from
        0; None names none.
        """
        if line_of is int and "\n" not in text.strip():
            line_of = None
        if len(text) <= STRETCH:
            yield from self._within(text, place, line_of)
            return
        for first, stretch in _stretched(text[at : at + STRETCH] for at in range(0, len(text), STRETCH)):
            yield from self._within(stretch, place, line_of and partial(_later, line_of, first))

    def in_long_file(self, file: Path, place: str) -> Iterator[Leak]:
        """As `within`, of a text file that is too long to be held in memory."""
        for first, stretch in _stretches_of_file(file):
            yield from self._within(stretch, place, partial(_later, int, first))

    def _within(self, text: str, place: str, line_of: Callable[[int], int] | None) -> Iterator[Leak]:
        for variant in variants(text, self._has_short, self._may_be_in):
            folded = variant.text if variant.is_folded else fold(variant.text)
            for needle in self._likely(folded, variant):
                found = needle.find(folded)
                if found is not None:
                    where = place
                    if line_of is not None:
                        line = variant.line(folded.count("\n", 0, found.start()))
                        where = _where(place, line_of(line) + 1)
                    yield Leak(where, needle.secret.called, mask(needle.secret))

    @cached_property
    def _rare(self) -> frozenset[str]:
        return frozenset(map(squeeze, self._needles))

    def _may_be_in(self, letters: str) -> bool:
        return any(rare in letters for rare in self._rare)

    def _likely(self, folded: str, variant: Variant) -> Iterator[_Pattern]:
        for rare, needles in self._needles.items():
            if rare in folded:
                yield from needles
        if self._phones and variant.is_whole:
            digits = "".join(DIGITS.findall(folded))
            yield from (needle for needle in self._phones if needle.rare in digits)

    def in_raw_bytes(self, content: bytes) -> Iterator[Leak]:
        """What stands in a file's bytes just as it was written; of a long file, in its two ends."""
        ends = content if len(content) <= 2 * _END else content[:_END] + content[-_END:]
        for word, secret in self._raw:
            if word in ends:
                yield Leak("its bytes", secret.called, mask(secret))


def _later(line_of: Callable[[int], int], first: int, line: int) -> int:
    return line_of(first + line)


def _where(place: str, line: int) -> str:
    return f"line {line}" if place == "its text" else f"{place}, line {line}"


def mask(secret: Secret) -> str:
    """A secret as it may be shown: first letters and a length.

    >>> mask(Secret("name", "Jane Example"))
    'J… E…, 11 letters'
    """
    if secret.kind.endswith("of this machine"):
        return f"{len(secret.text)} characters"
    words = WORD.findall(secret.text)
    if secret.kind == "phone":
        return f"ends in {secret.text.strip()[-2:]}, {len(''.join(words))} digits"
    return f"{' '.join(word[0] + '…' for word in words[:3])}, {sum(map(len, words))} letters"


# Texts too long to be held in memory several times over


def _stretches_of_file(file: Path) -> Iterator[tuple[int, str]]:
    """As `_stretched`, of a file in UTF-8; invalid bytes are replaced."""
    return _stretched(_read(file))


def is_text(file: Path) -> bool:
    """Whether the first `SAMPLE` bytes of a file are text in UTF-8."""
    with open_regular(file) as opened:
        sample = opened.read(SAMPLE)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return b"\0" not in sample and bool(decoder.decode(sample))
    except UnicodeDecodeError:
        return False


def _read(file: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    with open_regular(file) as opened:
        while block := opened.read(STRETCH):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _stretched(blocks: Iterable[str]) -> Iterator[tuple[int, str]]:
    """A long text in stretches that overlap, each with the number of its first line, from 0."""
    line, kept = 0, ""
    for block in blocks:
        text = kept + block
        yield line, text
        kept = text[_end_of_word(text, len(text) - OVERLAP) :]
        line += text.count("\n") - kept.count("\n")


def _end_of_word(text: str, place: int) -> int:
    """The next space from `place`: half a word must not be searched as a whole one."""
    found = next((at for at in range(max(place, 0), len(text)) if text[at].isspace()), None)
    return max(place, 0) if found is None else found
