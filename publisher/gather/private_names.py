"""Reads private/people.toml: names and other private data that must never be published.

    never = ["a town", "a former employer"]    # words that may appear nowhere

    [people.guest-a]                            # the id of the catalogue, or any other word
    real_name = "…"
    aliases = ["…"]                             # other spellings and scripts
    email = "…"                                 # each of these may be a list
    phone = "…"
    address = "…"

The file is optional, but an existing file must be parsed completely: a name that is not searched
for can be published. So every other key, type and file name is an error, and so is a series whose
names have disappeared. The file stays on the producer's machine; messages contain none of its
values and no keys except those above.
"""

from __future__ import annotations

import json
import logging
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from publisher import files
from publisher.catalogue.toml_positions import KeyPositions
from publisher.catalogue.toml_positions import Path as KeyPath
from publisher.errors import CatalogueError, DecisionNeeded, Problem
from publisher.leaks.matcher import Secret

logger = logging.getLogger(__name__)

FOLDER = "private"
NAME = "people.toml"
FILE = f"{FOLDER}/{NAME}"
KINDS = {
    "real_name": "name",
    "aliases": "name",
    "email": "e-mail",
    "phone": "phone",
    "address": "address",
    "never": "word",
}
"""Each key with the kind of its secrets, as printed in messages."""

PERSON_KEYS = tuple(key for key in KINDS if key != "never")
HEADER = "[people.some-id]"

MIN_LETTERS = 3
"""Letters and digits; shorter words would be found in every text."""

COUNT_FILE = "private-names.json"
"""In .publisher/: how many names the last command read. A hash would let others test guesses."""

_TEXT_SUFFIXES = re.compile(r"(\.(toml|tml|tom|txt|text|json|ya?ml|ini|cfg|conf|csv|md))*")
_BACKUP = re.compile(r"[.#~].*|.*[~#]|.*\.(bak|orig|old|save|sw.|tmp|gpg|asc|age|example|sample)")
_PRIVATE_KEY = re.compile(r"^\s*(real_name|aliases|never)\s*=", re.MULTILINE)


def read(root: Path) -> tuple[Secret, ...]:
    """Every secret in the file; empty without a file. Raises CatalogueError with every problem."""
    problems = list(_misplaced(root))
    text = None if problems else _text(root / FILE)
    if problems:
        raise CatalogueError(problems)
    if text is None:
        return ()
    reader = _Reader(text)
    secrets = tuple(reader.secrets(_parsed(text)))
    if reader.problems:
        raise CatalogueError(reader.problems)
    logger.debug("%d private names are searched for", len(secrets))
    return secrets


# Names that have disappeared


def require_names_kept(work: Path, names: tuple[Secret, ...]) -> None:
    """Stores the number of names in the folder `work`.

    Raises DecisionNeeded when an earlier command read names and `names` is empty.
    """
    count = work / COUNT_FILE
    if not names and os.path.lexists(count):
        raise DecisionNeeded(
            f"{FILE} contained names when a command last read it; now it is missing or contains none, and "
            f"nothing would be searched for. Restore it (is {FOLDER}/ on a volume that is not mounted?), or "
            "confirm with `publisher release --accept-no-private-names`.",
            "--accept-no-private-names",
        )
    if names:
        try:
            files.write_if_changed(count, json.dumps({"names": len(names)}).encode())
        except OSError:
            # A series on a read-only disk can still be checked.
            logger.debug("the number of private names is not stored: the disk is read-only")


def accept_no_names(root: Path, work: Path) -> None:
    """Deletes the stored number of names if there are none now. Raises CatalogueError as `read` does."""
    if not read(root):
        (work / COUNT_FILE).unlink(missing_ok=True)
        logger.info("confirmed that there are no private names")


# The place of the file


def _misplaced(root: Path) -> Iterator[Problem]:
    """Files and folders that look like private/people.toml and would not be read."""
    folder = root / FOLDER
    yield from _misplaced_folders(root, folder)
    if not os.path.lexists(folder):
        return
    if not folder.exists():
        yield Problem(FOLDER, None, "", "is a broken link; mount or restore its target, or delete the link")
        return
    if not folder.is_dir():
        yield Problem(FOLDER, None, "", f"is not a folder; {NAME} belongs in a folder of this name")
        return
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        yield Problem(FOLDER, None, "", f"cannot be read: {error.strerror}")
        return
    has_file = os.path.lexists(folder / NAME)
    for name in names:
        if (folder / name).is_dir() and "toml" not in _folded(name):
            continue
        if _resembles_the_file(name, has_file) and not _is_same(folder / name, folder / NAME):
            instead = f"move its content into {NAME}" if has_file else f"call it {NAME}"
            yield Problem(f"{FOLDER}/{name}", None, "", f"is not read; {instead}")


def _misplaced_folders(root: Path, folder: Path) -> Iterator[Problem]:
    try:
        names = sorted(path.name for path in root.iterdir())
    except OSError:
        # The folder of the series is missing: the catalogue's loader reports it.
        return
    for name in names:
        path = root / name
        if name == NAME and path.is_file() and _PRIVATE_KEY.search(_lenient_text(path)):
            yield Problem(NAME, None, "", f"is neither read here nor ignored by git; move it to {FILE}")
        is_like = name != FOLDER and _resembles(name, FOLDER) and not _is_same(path, folder)
        if is_like and (_folded(name) == FOLDER or os.path.lexists(path / NAME)):
            yield Problem(name, None, "", f"is neither read nor ignored by git; call it {FOLDER}")


def _resembles_the_file(name: str, has_file: bool) -> bool:
    """Whether a file called `name` is probably a misnamed people.toml.

    If people.toml exists (`has_file`), backups of it are allowed.
    """
    if name == NAME:
        return False
    if has_file and _BACKUP.fullmatch(name):
        return False
    stem, dot, suffixes = _folded(name).strip(".#~ ").partition(".")
    if not has_file and "toml" in suffixes.split("."):
        return True
    is_like = stem.startswith("people") or _resembles(stem, "people")
    return is_like and bool(_TEXT_SUFFIXES.fullmatch(dot + suffixes) or _BACKUP.fullmatch(name))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _resembles(name: str, known: str) -> bool:
    return SequenceMatcher(None, _folded(name), known).ratio() >= 0.8


def _is_same(one: Path, other: Path) -> bool:
    # Some file systems ignore case.
    try:
        return one.samefile(other)
    except OSError:
        return False


def _lenient_text(path: Path) -> str:
    try:
        return files.read_bytes(path).decode("utf-8", "replace")
    except OSError:
        return ""


# The content of the file


def _text(path: Path) -> str | None:
    """The file's text, or None if there is no file. Raises CatalogueError."""
    if not os.path.lexists(path):
        return None
    try:
        if not path.exists():
            raise _error("is a broken link; restore its target, or delete the link")
        if not path.is_file():
            raise _error("is not an ordinary file")
        return files.read_bytes(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _error("is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise _error(f"cannot be read: {error.strerror}") from None


def _parsed(text: str) -> Mapping[str, object]:
    import tomli

    # The parser's message may contain the line, and so a name.
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        is_twice = error.msg.startswith("Cannot")
        advice = "a key or a table occurs twice" if is_twice else "quotes or a bracket may be missing"
        raise _error(f"this is not TOML; {advice}", error.lineno) from None
    except RecursionError:
        raise _error("is nested far too deeply") from None
    except ValueError:
        raise _error("contains a number that is far too long; write it in quotes") from None


def _error(text: str, line: int | None = None) -> CatalogueError:
    return CatalogueError([Problem(FILE, line, "", text)])


class _Reader:
    """Collects the secrets of a document and the `problems` of keys that it cannot read."""

    def __init__(self, text: str) -> None:
        self._positions = KeyPositions(text)
        self.problems: list[Problem] = []

    def secrets(self, document: Mapping[str, object]) -> Iterator[Secret]:
        for key, value in document.items():
            if key == "never":
                yield from self._texts((key,), value, "")
            elif key == "people":
                yield from self._people(value)
            else:
                self._unknown((key,), ("never", "people"), f"write never or {HEADER}")

    def _people(self, people: object) -> Iterator[Secret]:
        if not isinstance(people, dict):
            self._problem(("people",), f"must be tables with an id each, such as {HEADER}")
            return
        for person, table in people.items():
            path = ("people", person)
            if not isinstance(table, dict):
                self._problem(path, f'must be a table: {HEADER}, and below it real_name = "…"')
            elif not table:
                self._problem(
                    path, 'contains nothing to search for; write real_name = "…", or delete the table'
                )
            else:
                yield from self._person(path, table)

    def _person(self, path: tuple[str, str], table: Mapping[str, object]) -> Iterator[Secret]:
        for key, value in table.items():
            if key in PERSON_KEYS:
                yield from self._texts((*path, key), value, path[1])
            else:
                self._unknown((*path, key), PERSON_KEYS, f"there are {', '.join(PERSON_KEYS)}")

    def _texts(self, path: KeyPath, value: object, whose: str) -> Iterator[Secret]:
        key = str(path[-1])
        for position, word in enumerate(value if isinstance(value, list) else [value]):
            word_path = (*path, position) if isinstance(value, list) else path
            if not isinstance(word, str):
                self._problem(word_path, "must be text in quotes, or a list of them", key)
            elif sum(letter.isalnum() for letter in word) < MIN_LETTERS:
                text = f"is too short to search for; write {MIN_LETTERS} letters or more"
                self._problem(word_path, text, key)
            else:
                yield Secret(KINDS[key], word, whose)

    def _unknown(self, path: KeyPath, known: tuple[str, ...], advice: str) -> None:
        key = str(path[-1])
        # Any other key may be a private name, so the message does not contain it.
        is_near = bool(get_close_matches(_folded(key), known, 1, 0.7))
        self._problem(path, f"there is no such key; {advice}", key if is_near else "")

    def _problem(self, path: KeyPath, text: str, key: str = "") -> None:
        self.problems.append(Problem(FILE, self._positions.position_of(path), key, text))
