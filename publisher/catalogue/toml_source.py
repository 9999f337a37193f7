"""Reads and parses episodes.toml and the files it includes; returns the line of a key.

Does not interpret the values.
"""

from __future__ import annotations

import logging
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tomli

from publisher.catalogue import safe_paths
from publisher.catalogue.fields import quoted
from publisher.catalogue.toml_positions import KeyPositions, Statement, statements_of
from publisher.catalogue.toml_positions import Path as KeyPath
from publisher.errors import Problem

logger = logging.getLogger(__name__)

CATALOGUE_FILE = "episodes.toml"
MAX_BYTES = 12 * 1024 * 1024
"""Bytes of a file: what a series of ten thousand episodes has."""

MAX_CHARACTERS = {"=": 350_000, "[": 200_000, "{": 200_000, ",": 400_000}
"""Maximum count of these characters: the parser needs a hundred times the size of a list of them."""

MAX_INCLUDED = 20_000


@dataclass(frozen=True)
class Source:
    """One file of the catalogue. `file` is its path from the series folder, with forward slashes."""

    file: str
    text: str
    document: Mapping[str, object]

    @cached_property
    def positions(self) -> KeyPositions:
        # Computed only when there is a problem to report: it takes longer than parsing.
        return KeyPositions(self.text)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The headers and ``key = value`` lines."""
        return statements_of(self.text)

    def line_of(self, path: KeyPath) -> int | None:
        """The line (from 1) of a key or of its nearest enclosing table."""
        return self.positions.position_of(path)

    def row_of(self, offset: int) -> int:
        """The row (from 0) of an offset in the text."""
        return self.text.count("\n", 0, offset)


class SourceError(Exception):
    """A file that cannot be read as TOML, with the problem to report."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def read_catalogue(root: Path) -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
    """The catalogue's files, episodes.toml first, and the problems of unreadable files."""
    try:
        main = read_source(root, CATALOGUE_FILE)
    except SourceError as error:
        return (), (error.problem,)
    sources, problems = [main], []
    for found in _included(root, main):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        try:
            sources.append(read_source(root, found))
        except SourceError as error:
            problems.append(error.problem)
    logger.debug("%d catalogue files read, %d problems in reading them", len(sources), len(problems))
    return tuple(sources), tuple(problems)


def included_files(root: Path, main: Source) -> tuple[str, ...]:
    """The files that episodes.toml includes, as far as they exist."""
    return tuple(found for found in _included(root, main) if isinstance(found, str))


def read_source(root: Path, file: str) -> Source:
    """One file, parsed. Raises SourceError."""
    return parse(file, decode(file, _bytes_of(root, file)))


def _bytes_of(root: Path, file: str) -> bytes:
    path = root / file
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise _source_error(file, f"is a folder; the catalogue is a text file called {path.name}")
        if not stat.S_ISREG(state.st_mode):
            raise _source_error(file, _missing(root, file))
        if state.st_size > MAX_BYTES:
            sizes = f"has {state.st_size // 1024**2} MB, {MAX_BYTES // 1024**2} are allowed"
            raise _source_error(file, f"{sizes}; {_ADVICE_TO_SPLIT}")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _source_error(file, _missing(root, file)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _source_error(file, f"cannot be read: {reason or error}") from error


_ADVICE_TO_SPLIT = (
    'give each talk a file of its own, with include = ["episodes/*/episode.toml"] at the top of episodes.toml'
)


def _missing(root: Path, file: str) -> str:
    if file != CATALOGUE_FILE:
        return "does not exist"
    near = sorted(path.name for path in root.glob("*.toml")) if root.is_dir() else []
    hint = f" (there is {near[0]}: rename it)" if len(near) == 1 else ""
    return f"is not in {root}{hint}; `publisher init` starts a series"


def decode(file: str, content: bytes) -> str:
    """The text of a file in UTF-8, line ends as ``\\n``. Raises SourceError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or content[:64].count(0) > 8:
        raise _source_error(file, "is UTF-16 or not a text file; save it as UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise _source_error(file, f"is not UTF-8: byte 0x{byte:02X}; save the file as UTF-8", line) from None
    # Windows' editor writes a byte order mark before UTF-8; it has no meaning.
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def parse(file: str, text: str) -> Source:
    """TOML text as values. Raises SourceError."""
    if any(text.count(character) > limit for character, limit in MAX_CHARACTERS.items()):
        raise _source_error(file, f"contains more values than one file may have; {_ADVICE_TO_SPLIT}")
    try:
        return Source(file, text, tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        line, advice = _advice(text, error)
        raise _source_error(file, advice, line) from error
    except RecursionError:
        raise _source_error(file, "is nested far too deeply; a catalogue needs three levels") from None
    except ValueError:
        # Python does not parse integers of thousands of digits.
        raise _source_error(file, "contains a number that is far too long") from None


def _source_error(file: str, text: str, line: int | None = None) -> SourceError:
    return SourceError(Problem(file, line, "", text))


_LINE_ADVICE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"=\s*[\[{]?\s*[“”„«‘’]"), 'write straight quotes: "…"'),
    (re.compile(r"^\s*[\w-]+\s*:(\s|$)"), "write = after the key, not :"),
    (re.compile(r"=\s*(?:True|TRUE|Yes|yes|on|On)\s*(?:#|$)"), "write true"),
    (re.compile(r"=\s*(?:False|FALSE|No|no|off|Off)\s*(?:#|$)"), "write false, or text in quotes"),
    (re.compile(r"[=\[,]\s*[0-9]+:[0-9:.]+"), 'write times in quotes: "12:40"'),
    (
        re.compile(r"=\s*(?:[0-9]{4}-[0-9]+-[0-9]+|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4})"),
        "there is no such date; write one as 2020-11-28 or 2020-11-28T18:00:00+01:00",
    ),
    (re.compile(r"=\s*(?:#|$)"), "write a value after =, or delete the line"),
    (re.compile(r"""=\s*"(?:[^"\\]|\\.)*"[^\s,\]}#]"""), 'a " within the text ends it; write \\" for it'),
    (re.compile(r"=\s*'[^']*'[^\s,\]}#]"), "a ' within the text ends it; put the text in \""),
    (re.compile(r"""=\s*("[^"]*"|'[^']*')\s+["'\w]"""), "only one text is allowed after a key"),
    (re.compile(r"=\s*0[0-9_]"), "write numbers without a zero in front, texts in quotes"),
    (re.compile(r"=\s*[\[{]?\s*[^\W\d]"), 'text needs quotes: key = "text"'),
)
_TWICE_ADVICE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\s*\[episode\]"), "write [[episode]] with two pairs of brackets, once for each talk"),
    (re.compile(r"^\s*\["), "the table occurs twice; merge its keys into one"),
)
_HEADER_ADVICE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\s*\[\s*people\."), "a person's id is a-z, 0-9 and hyphens: [people.some-body]"),
    (re.compile(r"^\s*\["), "the header is not closed; write [series], or [[episode]] for each talk"),
)
_MESSAGE_ADVICE: tuple[tuple[str, str], ...] = (
    ("Cannot overwrite a value", "the key occurs twice; keep one of the two"),
    ("Duplicate inline table key", "the key occurs twice; keep one of the two"),
    ("Cannot declare", "the table occurs twice; merge its keys into one"),
    ("Cannot mutate immutable", "the table is written with { } above; add the keys there"),
    ("Cannot redefine namespace", "the table exists already; merge its keys into one"),
    ("Unescaped '\\'", "write / instead of \\ in paths, \\\\ for a backslash in text"),
    ("Invalid hex value", "write / instead of \\ in paths, \\\\ for a backslash in text"),
    ("Escaped character", "\\u must be followed by the number of a character; write the character itself"),
    ("Unterminated string", "the text that begins here is not closed; end it with the same quotes"),
    ("Illegal character '\\n'", 'the text is not closed with "; for several lines use """'),
    ("Illegal character", "contains a control character; delete it"),
    ("Found invalid character", "contains a control character; delete it"),
    ("Unclosed array", "the list is not closed; a comma or ] is missing"),
    ("Unclosed inline table", "the table is not closed; a comma or } is missing"),
    ("Expected '='", 'write key = "text"'),
    ("Expected newline or end of document", "only one value is allowed after a key; text needs quotes"),
    ("Invalid date or datetime", "there is no such date; write one as 2020-11-28T18:00:00+01:00"),
    ("Invalid initial character for a key part", 'a key is letters, digits, - and _; write key = "text"'),
    ("Invalid statement", 'write key = "text", [table] or [[episode]]'),
    ("Invalid value", 'text needs quotes: key = "text"'),
)
_VALUE_ERRORS = ("Invalid value", "Invalid statement", "Expected '='", "Expected newline", "Unclosed")


def _advice(text: str, error: tomli.TOMLDecodeError) -> tuple[int, str]:
    """The line (from 1) of a syntax error, and what is wrong there."""
    message = str(error.msg)
    line = _line_of(text, error.pos, message)
    written = text.split("\n", line)[line - 1]
    if "\r" in written:
        return line, "has line ends of the old Mac format; save it with those of Unix or Windows"
    advice = next((hint for form, hint in _line_advice(written, message) if form.search(written)), None)
    if advice is None:
        advice = next((hint for start, hint in _MESSAGE_ADVICE if message.startswith(start)), message)
    excerpt = f" at {quoted(written.strip())}" if written.strip() else ""
    return line, f"this is not TOML{excerpt}: {advice}"


def _line_advice(written: str, message: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    if written.lstrip().startswith("["):
        return _TWICE_ADVICE if message.startswith("Cannot") else _HEADER_ADVICE
    return _LINE_ADVICE if message.startswith(_VALUE_ERRORS) else ()


def _line_of(text: str, offset: int, message: str) -> int:
    if message.startswith("Unterminated string"):
        # The parser is at the end of the file; the string begins at the last quotes.
        offset = max(text.rfind('"' * 3, 0, offset), text.rfind("'" * 3, 0, offset), 0)
    # If the parser has passed the end of a line, the message is about the previous line.
    while offset > 0 and text[offset - 1 : offset] == "\n" and text[offset : offset + 1] in ("\n", ""):
        offset -= 1
    return text.count("\n", 0, offset) + 1


def _included(root: Path, main: Source) -> Iterator[str | Problem]:
    patterns = main.document.get("include", [])
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        text = 'must be a list of paths in quotes: include = ["episodes/*/episode.toml"]'
        yield Problem(main.file, main.line_of(("include",)), "include", text)
        return
    seen = {main.file}
    for position, pattern in enumerate(patterns):
        line_path: KeyPath = ("include", position)
        try:
            found = safe_paths.files_matching(root, pattern)
        except ValueError as error:
            yield Problem(main.file, main.line_of(line_path), "include", str(error))
            continue
        if not found:
            text = f"{quoted(pattern)} matches no file in the series folder"
            yield Problem(main.file, main.line_of(line_path), "include", text, "warning")
        yield from [file for file in found if file not in seen][:MAX_INCLUDED]
        seen.update(found)
