"""Finds secrets in texts and files of any size, in every way they can be written.

The log redactor searches each line here, so this module and those below it must not log.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from publisher.files import open_regular
from publisher.leaks.normalize import fold, squeeze
from publisher.leaks.patterns import DIGITS, WORD, patterns_of
from publisher.leaks.variants import LineMap, Variant, variants

CHUNK_LENGTH = 1 << 21
"""Characters searched at a time."""

OVERLAP = 1 << 12
"""Characters shared by two chunks: more than the longest name with everything that can split it."""

SAMPLE_BYTES = 1 << 16
"""Bytes read to recognize a text file."""

_END_BYTES = 1 << 20
"""Bytes searched at each end of a long binary file: tags are there, audio and video are between."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that may not be published: its place in a file, its kind, and its masked text."""

    place: str
    kind: str
    masked: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.place} ({self.masked})"


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that may not be published. `whose` is the id of a person.

    `kind` is name, hidden name, word, e-mail, phone, address, or path, account or name of this machine.
    """

    kind: str
    text: str = field(repr=False)
    whose: str = ""

    @property
    def label(self) -> str:
        return f"{self.kind} of {self.whose}" if self.whose else self.kind


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """What identifies the producer's machine: paths, the account's name, the machine's name."""

    paths: tuple[str, ...] = ()
    account: str = ""
    host: str = ""

    def secrets(self) -> Iterator[Secret]:
        yield from (Secret("path of this machine", path) for path in self.paths if len(path) > 1)
        if self.account:
            yield Secret("account of this machine", self.account)
        # A host name such as `press` occurs in ordinary texts; `taha-macbook` does not.
        if len(self.host) >= 6 and re.search(r"[\d-]", self.host) and self.host != "localhost":
            yield Secret("name of this machine", self.host)


@dataclass(frozen=True)
class _Pattern:
    """A compiled secret: `words` are a cheap prefilter, `regex` decides."""

    secret: Secret
    words: tuple[str, ...]
    regex: re.Pattern[str]

    def find(self, folded: str) -> re.Match[str] | None:
        """The first match in a folded text outside of identifiers, which match by chance."""
        found = self.regex.search(folded)
        if found is None or _HEX.fullmatch(found[0]) is None:
            return found
        identifiers = [match.span() for match in _IDENTIFIER.finditer(folded)]
        for match in self.regex.finditer(folded):
            if not any(start <= match.start() and match.end() <= end for start, end in identifiers):
                return match
        return None


_HEX = re.compile(r"[0-9a-f-]{3,16}")
_IDENTIFIER = re.compile(
    r"(?<![^\W_])(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,128})(?![^\W_])"
)
"""A UUID or a complete digest."""


@dataclass(frozen=True)
class Secrets:
    """Everything that may not be published, compiled for searching on first use."""

    words: tuple[Secret, ...] = ()

    def _compile(self, *, phones: bool) -> Iterator[_Pattern]:
        for secret in self.words:
            if (secret.kind == "phone") == phones:
                for words, pattern in patterns_of(secret.kind, secret.text):
                    yield _Pattern(secret, words, re.compile(pattern))

    @cached_property
    def _patterns(self) -> dict[str, list[_Pattern]]:
        """All patterns but those of phones, by their longest word: most texts contain none of these."""
        found: dict[str, list[_Pattern]] = {}
        for pattern in self._compile(phones=False):
            found.setdefault(pattern.words[0], []).append(pattern)
        return found

    @cached_property
    def _phones(self) -> tuple[_Pattern, ...]:
        return tuple(self._compile(phones=True))

    @cached_property
    def _has_whole_words(self) -> bool:
        """Whether some pattern matches only whole words, so that the tags between words matter."""
        patterns = (pattern for group in self._patterns.values() for pattern in group)
        return any(pattern.regex.pattern.startswith("(?<!") for pattern in patterns)

    @cached_property
    def _raw(self) -> tuple[tuple[bytes, Secret], ...]:
        secrets = [secret for secret in self.words if _HEX.fullmatch(secret.text.lower()) is None]
        encoded = [
            (secret.text.encode(form), secret) for secret in secrets for form in ("utf-8", "utf-16-le")
        ]
        return tuple((raw, secret) for raw, secret in encoded if len(raw) >= 10)

    def find_in(self, text: str, place: str, line_of: LineMap | None = int) -> Iterator[Leak]:
        """The leaks in a text, with line numbers if the text has several lines.

        `line_of` maps a line of `text` to the line to report, both from 0, also for a text of one line;
        None: no line is reported.
        """
        if line_of is int and "\n" not in text.strip():
            line_of = None
        if len(text) <= CHUNK_LENGTH:
            yield from self._in_chunk(text, place, line_of)
            return
        parts = (text[start : start + CHUNK_LENGTH] for start in range(0, len(text), CHUNK_LENGTH))
        for first, chunk in _with_overlap(parts):
            yield from self._in_chunk(chunk, place, line_of and partial(_shifted, line_of, first))

    def in_long_file(self, file: Path, place: str) -> Iterator[Leak]:
        """As `find_in`, for a text file too long for the memory."""
        for first, chunk in _with_overlap(_decode(file)):
            yield from self._in_chunk(chunk, place, partial(_shifted, int, first))

    def _in_chunk(self, text: str, place: str, line_of: LineMap | None) -> Iterator[Leak]:
        for variant in variants(text, self._has_whole_words, self._may_be_in):
            folded = variant.text if variant.is_folded else fold(variant.text)
            for pattern in self._likely(folded, variant):
                found = pattern.find(folded)
                if found is not None:
                    where = place
                    if line_of is not None:
                        line = line_of(variant.line(folded.count("\n", 0, found.start()))) + 1
                        where = f"line {line}" if place == "its text" else f"{place}, line {line}"
                    yield Leak(where, pattern.secret.label, mask(pattern.secret))

    @cached_property
    def _letters(self) -> frozenset[tuple[str, ...]]:
        patterns = (pattern for group in self._patterns.values() for pattern in group)
        return frozenset(tuple(map(squeeze, pattern.words)) for pattern in patterns)

    def _may_be_in(self, letters: str) -> bool:
        return any(all(word in letters for word in words) for words in self._letters)

    def _likely(self, folded: str, variant: Variant) -> Iterator[_Pattern]:
        """The patterns whose words occur in a folded text."""
        for word, patterns in self._patterns.items():
            if word in folded:
                yield from (each for each in patterns if all(other in folded for other in each.words))
        if self._phones and variant.is_whole:
            digits = "".join(DIGITS.findall(folded))
            yield from (phone for phone in self._phones if phone.words[0] in digits)

    def in_raw_bytes(self, content: bytes) -> Iterator[Leak]:
        """The secrets in a file's bytes exactly as they were given; of a long file, in its two ends."""
        is_short = len(content) <= 2 * _END_BYTES
        ends = content if is_short else content[:_END_BYTES] + content[-_END_BYTES:]
        for raw, secret in self._raw:
            if raw in ends:
                yield Leak("its bytes", secret.label, mask(secret))


def _shifted(line_of: LineMap, first: int, line: int) -> int:
    return line_of(first + line)


def mask(secret: Secret) -> str:
    """A secret as messages show it: first letters and a length.

    >>> mask(Secret("name", "Jane Example"))
    'J… E…, 11 letters'
    """
    if secret.kind.endswith("of this machine"):
        return f"{len(secret.text)} characters"
    words = WORD.findall(secret.text)
    if secret.kind == "phone":
        return f"ends in {secret.text.strip()[-2:]}, {len(''.join(words))} digits"
    return f"{' '.join(word[0] + '…' for word in words[:3])}, {sum(map(len, words))} letters"


# Long texts: a search needs several times the memory of what is searched


def is_text(file: Path) -> bool:
    """Whether the first `SAMPLE_BYTES` of a file are text in UTF-8."""
    with open_regular(file) as opened:
        sample = opened.read(SAMPLE_BYTES)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return b"\0" not in sample and bool(decoder.decode(sample))
    except UnicodeDecodeError:
        return False


def _decode(file: Path) -> Iterator[str]:
    """The parts of a file in UTF-8; invalid bytes are replaced."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    with open_regular(file) as opened:
        while block := opened.read(CHUNK_LENGTH):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _with_overlap(parts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The `parts` of a text as chunks that overlap, each with the number of its first line, from 0."""
    line, overlap = 0, ""
    for part in parts:
        text = overlap + part
        yield line, text
        # A chunk begins at a space: half a word must not match as a whole one.
        start = max(len(text) - OVERLAP, 0)
        overlap = text[next((at for at in range(start, len(text)) if text[at].isspace()), start) :]
        line += text.count("\n") - overlap.count("\n")
