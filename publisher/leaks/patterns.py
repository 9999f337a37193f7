"""Regular expressions that find a name, e-mail, phone number, address or path in folded text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from publisher.leaks.normalize import MARKS, fold

MIN_SUBSTRING_LENGTH = 8
"""Letters of a name that is found inside longer words too; a shorter name must be a whole word."""

_GAP = r"(?:[^\w\s]|_|\s++){0,12}"
"""What may separate two words of a name: punctuation, and any amount of space."""

_AT = r"\s{0,3}(?:@|[\[({<]\s?(?:at|@)\s?[\])}>]|\sat\s)\s{0,3}"
_DOT = r"(?:\s{0,3}(?:\.|[\[({]\s?(?:dot|\.)\s?[\])}]|\sdot\s)\s{0,3})"
WORD = re.compile(rf"(?:[^\W_]|[{MARKS}])+")
DIGITS = re.compile(r"\d+")

Patterns = Iterable[tuple[tuple[str, ...], str]]
"""Pairs of a prefilter and the regular expression that decides; both match folded text.

The prefilter consists of the words that every match contains, the first of them rare.
"""


def patterns_of(kind: str, text: str) -> Patterns:
    """The patterns that find a secret of a kind in every way it can be written."""
    return _BY_KIND.get(kind, _of_name)(text)


def _of_name(text: str) -> Patterns:
    # Between the parts of a Persian or Urdu word, writers put a non-joiner, a space or nothing.
    words = WORD.findall(fold(text.replace("\u200c", " ")))
    orders = [words]
    if len(words) > 1:
        orders.append([words[-1], *words[:-1]])
    if len(words) > 2:
        orders += ([words[0], words[-1]], [words[-1], words[0]], words[::-1])
    for order in orders:
        if order:
            yield _sequence(order)


def _sequence(words: list[str]) -> tuple[tuple[str, ...], str]:
    pattern = _GAP.join(map(re.escape, words))
    if sum(map(len, words)) < MIN_SUBSTRING_LENGTH:
        pattern = rf"(?<![^\W_]){pattern}(?![^\W_]|[{MARKS}])"
    return _longest_first(words), pattern


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words), key=lambda word: (-sum(map(str.isalpha, word)), -len(word), word)))


def _of_address(text: str) -> Patterns:
    # A street without its town is a leak too.
    for part in {text, *re.split(r"[\n,;،]", text)}:
        words = WORD.findall(fold(part))
        if (
            len(words) > 1
            and sum(map(len, words)) >= MIN_SUBSTRING_LENGTH
            and (part == text or any(map(str.isdigit, words)))
        ):
            yield _sequence(words)


def _of_email(text: str) -> Patterns:
    local, _, domain = fold(text).strip().partition("@")
    if not domain:
        return
    labels = _DOT.join(map(re.escape, domain.split(".")))
    parts = _DOT.join(map(re.escape, local.split(".")))
    words = (*_longest_first(local.split(".")), *domain.split("."))
    yield words, rf"(?<![^\W_]){parts}(?:\+[\w.-]{{0,40}})?{_AT}{labels}(?![^\W_])"


def _of_phone(text: str) -> Patterns:
    # The last nine digits are the same with and without country code and trunk prefix.
    last = "".join(DIGITS.findall(fold(text)))[-9:]
    if len(last) >= 6:
        yield (last,), r"(?<!\d\.)" + r"[\W_]{0,3}".join(last) + r"(?!\d)"


def _of_path(text: str) -> Patterns:
    folded = fold(text).rstrip("/\\")
    parts = [part for part in re.split(r"[/\\]+", folded) if part]
    if not parts:
        return
    end = r"[/\\]" if len(parts) == 1 else r"(?![\w-])"
    start = r"[/\\]{1,2}" if folded[0] in "/\\" else ""
    yield _longest_first(parts), rf"(?<![\w.~-]){start}" + r"[/\\]{1,2}".join(map(re.escape, parts)) + end


def _of_account(text: str) -> Patterns:
    name = fold(text)
    yield (name,), rf"[/\\](?:home|users|documents and settings)[/\\]{{1,2}}{re.escape(name)}(?![\w-])"


_BY_KIND = {
    "e-mail": _of_email,
    "phone": _of_phone,
    "address": _of_address,
    "path of this machine": _of_path,
    "account of this machine": _of_account,
}
