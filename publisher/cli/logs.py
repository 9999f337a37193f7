"""Logs of one command: on standard error with ``-v``, in the file that PUBLISHER_LOG names.

Modules log no secrets. In addition, the handlers redact each line after it was formatted, including
arguments, tracebacks and lines of other libraries. Nothing is written before the secrets are known:
every command that has a series folder calls `hide_secrets_of` with it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import stat
import sys
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
"""Log level by the number of ``-v``."""

HIDDEN = "[hidden]"
WITHHELD = "[withheld: the line contains a private name]"
LOGIN_KEYS = ("client_secret", "refresh_token", "token")
MIN_SECRET = 6
"""Minimum length of a value that is hidden wherever it occurs; shorter ones would match by chance."""

_KEYS = "access_token|refresh_token|id_token|client_secret|code_verifier|upload_id|authorization|password"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Anyone who has the address of an upload session can continue the upload.
    (re.compile(r"https?://[^\s\"'<>]*upload[^\s\"'<>]*", re.IGNORECASE), "[address of an upload]"),
    # Login codes and keys in queries.
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
    """Removes secrets from texts. Until `is_ready` is set, the secrets are unknown and nothing is logged."""

    def __init__(self) -> None:
        self.is_ready = False
        self._names: Secrets | None = None
        self._patterns = _PATTERNS

    def hide(self, text: str) -> None:
        """Replaces `text` in every later line."""
        self._hide(re.escape(text), HIDDEN)

    def _hide(self, pattern: str, replacement: str) -> None:
        self._patterns = (*self._patterns, (re.compile(pattern), replacement))

    def hide_path(self, path: Path, replacement: str, prefix: str = "") -> None:
        """Replaces a path in every later line: as given, absolute, and with links resolved.

        `prefix`: a pattern of text that may precede the file's name.
        """
        for variant in dict.fromkeys((path, path.absolute(), path.resolve())):
            # The root folder is part of every path.
            if len(variant.parts) > 1:
                parent = re.escape(str(variant.parent).rstrip("/\\"))
                self._hide(rf"{parent}[/\\]{prefix}{re.escape(variant.name)}(?![\w-])", replacement)

    def hide_names(self, names: Iterable[Secret]) -> None:
        """Withholds every later line with one of these names, in any spelling."""
        from publisher.leaks import Secrets

        known = () if self._names is None else self._names.words
        combined = tuple(dict.fromkeys((*known, *names)))
        if combined != known:
            self._names = Secrets(combined)

    def redact(self, text: str) -> str:
        """`text` without secrets."""
        if self._names is not None and next(self._names.find_in(text, ""), None) is not None:
            return WITHHELD
        for pattern, replacement in self._patterns:
            text = pattern.sub(replacement, text)
        return text


class _Formatter(logging.Formatter):
    """Formats time, level, module and the redacted text; lines after the first are indented."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        from publisher.cli.display import strip_controls

        # A control character inside a name would hide it from the search.
        text = self._redactor.redact(strip_controls(super().format(record)))
        prefix = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        return prefix + text.replace("\n", "\n    ")


class _Terminal(logging.Handler):
    """Writes to the current `sys.stderr`: progress bars replace it while they are shown."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            click.echo(self.format(record), sys.stderr)
        except Exception:  # noqa: BLE001 - as in logging.StreamHandler: a log line must not stop the command
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Prints nothing: the base class would print the unredacted line with its arguments."""


class _File(logging.FileHandler):
    """Appends to a file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        opened = open(  # noqa: SIM115
            self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=_open_private
        )
        assert isinstance(opened, TextIOWrapper)
        return opened

    def handleError(self, record: logging.LogRecord) -> None:
        """Prints nothing, as in `_Terminal`."""


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
        self.is_verbose = False
        self._handlers: dict[type[logging.Handler], logging.Handler] = {}

    def add(self, handler: logging.Handler, level: int) -> None:
        """Logs to `handler` from `level` on; replaces an earlier handler of its class."""
        self.remove(type(handler))
        handler.setLevel(level)
        handler.setFormatter(_Formatter(self.redactor))
        handler.addFilter(lambda record: self.redactor.is_ready)
        self._handlers[type(handler)] = handler
        # At the root logger, so that warnings of other libraries are included; their debug lines,
        # which contain tokens, are below the root's level.
        logging.getLogger().addHandler(handler)
        _package().setLevel(min(added.level for added in self._handlers.values()))

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
    def is_enabled(self) -> bool:
        return bool(self._handlers)


def _package() -> logging.Logger:
    return logging.getLogger("publisher")


_logs = _Logs()


@contextmanager
def running() -> Iterator[None]:
    """Logs to the file PUBLISHER_LOG while a command runs, and the error it ends with. Raises OSError."""
    global _logs
    _logs = _Logs()
    name = os.environ.get(VARIABLE)
    try:
        if name:
            _logs.add(_File(name), logging.DEBUG)
        yield
    except BaseException as error:
        logger.info("ended by %s: %s", type(error).__name__, error)
        logger.debug("traceback", exc_info=True)
        raise
    finally:
        _logs.close()


def be_verbose(count: int) -> None:
    """Logs to standard error too; `count` is the number of ``-v``."""
    if count:
        _logs.is_verbose = True
        _logs.add(_Terminal(), LEVELS[min(count, max(LEVELS))])


def is_verbose() -> bool:
    """Whether ``-v`` was given: before the command or after it."""
    return _logs.is_verbose


def hide_secrets_of(root: Path, credentials: Path) -> None:
    """Starts the log, without the secrets of the series in `root` and of this machine.

    If private/people.toml cannot be read, nothing is logged: the command reports the error.
    """
    if not _logs.is_enabled:
        return
    from publisher.gather import private_names

    redactor = _logs.redactor
    with contextlib.suppress(CatalogueError):
        # `preview` reads the series repeatedly; the names may have changed.
        redactor.hide_names(private_names.read(root))
        if redactor.is_ready:
            return
        with contextlib.suppress(OSError, ValueError):
            hide_login(json.loads(credentials.read_text(encoding="utf-8")))
        # A new login is tested from a file with a prefix in the same folder.
        redactor.hide_path(credentials, "[credentials]", prefix=r"[\w.-]*")
        redactor.hide_path(root, "[series]")
        with contextlib.suppress(RuntimeError):
            redactor.hide_path(Path.home(), "~")
        redactor.is_ready = True
        context = click.get_current_context(silent=True)
        logger.info("publisher %s: %s", __version__, context.command_path if context else "")


def hide_login(document: object) -> None:
    """Hides the secrets of a login (the JSON of its file) in the log."""
    login = document if isinstance(document, dict) else {}
    for value in (login.get(key) for key in LOGIN_KEYS):
        if isinstance(value, str) and len(value) >= MIN_SECRET:
            _logs.redactor.hide(value)
