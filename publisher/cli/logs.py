"""Logs of one command: on standard error with ``-v``, in the file that PUBLISHER_LOG names.

Modules log nothing secret. The handlers redact each line all the same, after it was formatted, so that
arguments, tracebacks and the lines of other libraries are included. Nothing is written before the
secrets are known: `hide_secrets_of` is called with the series folder by every command that has one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import __version__
from publisher.errors import CatalogueError

if TYPE_CHECKING:
    from publisher.leaks import Secret, Secrets

logger = logging.getLogger(__name__)

VARIABLE = "PUBLISHER_LOG"
LEVELS = {1: logging.INFO, 2: logging.DEBUG}
"""By the number of ``-v``."""

HIDDEN = "[hidden]"
WITHHELD = "[withheld: the line holds a private name]"
LOGIN_KEYS = ("client_secret", "refresh_token", "token")
MIN_SECRET = 6
"""Characters of a value that is hidden wherever it occurs; a shorter one would be found by chance."""

_KEYS = "access_token|refresh_token|id_token|client_secret|code_verifier|upload_id|authorization|password"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # An upload can be continued by anyone who has the address of its session.
    (re.compile(r"https?://[^\s\"'<>]*upload[^\s\"'<>]*", re.IGNORECASE), "[address of an upload]"),
    # Codes of a login, and keys.
    (re.compile(r"(https?://[^\s?\"'<>]*)\?[^\s\"'<>]+", re.IGNORECASE), rf"\1?{HIDDEN}"),
    (re.compile(r"(https?://)[^\s/@\"'<>]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"\b({_KEYS})\b([\"'\\]*\s*[=:,]\s*b?[\"'\\]*)[^\s\"'\\&,;{{}}\[\]]+", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    # Google's access tokens, refresh tokens, client secrets and login codes.
    (re.compile(r"\b(?:ya29\.|1//|GOCSPX-|4/0)[\w.-]{8,}"), HIDDEN),
)


class Redactor:
    """Takes secrets out of a text. Knows none, and lets nothing through, until `is_ready` is set."""

    def __init__(self) -> None:
        self.is_ready = False
        self._names: Secrets | None = None
        self._patterns = _PATTERNS

    def hide(self, text: str) -> None:
        """Replaces `text` from now on."""
        self._hide(re.escape(text), HIDDEN)

    def _hide(self, pattern: str, instead: str) -> None:
        self._patterns = (*self._patterns, (re.compile(pattern), instead))

    def hide_path(self, path: Path, instead: str, prefix: str = "") -> None:
        """Replaces a path from now on, as it is written and as the system resolves it.

        `prefix` is a pattern of what may precede the file's name.
        """
        for one in dict.fromkeys((path, path.absolute(), path.resolve())):
            # Every path is below the root folder.
            if len(one.parts) > 1:
                above = re.escape(str(one.parent).rstrip("/\\"))
                self._hide(rf"{above}[/\\]{prefix}{re.escape(one.name)}(?![\w-])", instead)

    def hide_names(self, names: Iterable[Secret]) -> None:
        """Withholds every text with one of these names from now on, however it is written."""
        from publisher.leaks import Secrets

        known = () if self._names is None else self._names.words
        every = tuple(dict.fromkeys((*known, *names)))
        if every != known:
            self._names = Secrets(every)

    def redact(self, text: str) -> str:
        """`text` without secrets."""
        if self._names is not None and next(self._names.find_in(text, ""), None) is not None:
            return WITHHELD
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        return text


class _Formatter(logging.Formatter):
    """Time, level, module and the redacted text, of which all but the first line is indented."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        from publisher.cli.console import strip_controls

        # A control character within a name would hide it from the search, and is removed anyway.
        text = self._redactor.redact(strip_controls(super().format(record)))
        begin = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        return begin + text.replace("\n", "\n    ")


class _Terminal(logging.Handler):
    """Writes to the standard error of this moment: progress bars replace it while they are drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            click.echo(self.format(record), err=True)
        except Exception:  # noqa: BLE001 - as every handler of the library: a log line must stop nothing
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Prints nothing: the library would print the line with its arguments, not redacted."""


class _File(logging.FileHandler):
    """Appends to a file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        opened = open(  # noqa: SIM115
            self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=_open_private
        )
        assert isinstance(opened, TextIOWrapper)
        return opened

    def handleError(self, record: logging.LogRecord) -> None:
        """Prints nothing, as the terminal's handler."""


def _open_private(name: str, flags: int) -> int:
    descriptor = os.open(name, flags, 0o600)
    if os.name != "nt" and stat.S_ISREG(os.fstat(descriptor).st_mode):
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, 0o600)
    return descriptor


class _Logs:
    """The handlers of one command."""

    def __init__(self) -> None:
        self.redactor = Redactor()
        self._handlers: dict[type[logging.Handler], logging.Handler] = {}

    def add(self, handler: logging.Handler, level: int) -> None:
        """Logs to `handler` from `level` on, in the place of an earlier one of its class."""
        self.remove(type(handler))
        handler.setLevel(level)
        handler.setFormatter(_Formatter(self.redactor))
        handler.addFilter(lambda record: self.redactor.is_ready)
        self._handlers[type(handler)] = handler
        # At the root, so that the warnings of other libraries come here as well; their own chatter,
        # which holds tokens, stays below the root's level.
        logging.getLogger().addHandler(handler)
        _package().setLevel(min(one.level for one in self._handlers.values()))

    def remove(self, kind: type[logging.Handler]) -> None:
        handler = self._handlers.pop(kind, None)
        if handler is not None:
            logging.getLogger().removeHandler(handler)
            handler.close()

    def close(self) -> None:
        for kind in tuple(self._handlers):
            self.remove(kind)
        _package().setLevel(logging.NOTSET)

    @property
    def are_kept(self) -> bool:
        return bool(self._handlers)


def _package() -> logging.Logger:
    return logging.getLogger("publisher")


_logs = _Logs()


@contextmanager
def running() -> Iterator[None]:
    """Logs to the file of PUBLISHER_LOG while a command runs, and how it ends. Raises OSError."""
    global _logs
    _logs = _Logs()
    name = os.environ.get(VARIABLE)
    try:
        if name:
            _logs.add(_File(name), logging.DEBUG)
        yield
    except BaseException as error:
        logger.info("ended by %s: %s", type(error).__name__, error)
        logger.debug("where it was raised", exc_info=True)
        raise
    finally:
        _logs.close()


def be_verbose(count: int) -> None:
    """Logs to standard error too, as ``-v`` (1) and ``-vv`` (2) ask for."""
    if count:
        _logs.add(_Terminal(), LEVELS[min(count, max(LEVELS))])


def hide_secrets_of(root: Path, credentials: Path) -> None:
    """Lets the log begin, without the secrets of the series in `root` and of this machine.

    Where private/people.toml cannot be read, nothing is logged: the command reports it.
    """
    if not _logs.are_kept:
        return
    from publisher.gather import private_names

    redactor = _logs.redactor
    with contextlib.suppress(CatalogueError):
        # `preview` reads the series again and again; the names may have changed.
        redactor.hide_names(private_names.read(root))
        if redactor.is_ready:
            return
        with contextlib.suppress(OSError, ValueError):
            hide_login(json.loads(credentials.read_text(encoding="utf-8")))
        # A new login is tried out in a file beside the other, with a prefix.
        redactor.hide_path(credentials, "[credentials]", prefix=r"[\w.-]*")
        redactor.hide_path(root, "[series]")
        with contextlib.suppress(RuntimeError):
            redactor.hide_path(Path.home(), "~")
        redactor.is_ready = True
        context = click.get_current_context(silent=True)
        logger.info("publisher %s: %s", __version__, context.command_path if context else "")


def hide_login(document: object) -> None:
    """Keeps the secrets of a login (the JSON of its file) out of the log."""
    held = document if isinstance(document, dict) else {}
    for value in (held.get(key) for key in LOGIN_KEYS):
        if isinstance(value, str) and len(value) >= MIN_SECRET:
            _logs.redactor.hide(value)
