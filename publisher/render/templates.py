"""The templates: the built-in ones, each replaceable by a file of the same name in the series.

A file in <series>/templates/ replaces the built-in file of the same name and may extend it:
``{% extends "builtin/…" %}``. Templates run in the environment of `sandbox`; those that use built-in ones
alone in the faster one of `builtin`. Every error in a template becomes a RenderError with its file and
line. Does not know what pages show.
"""

from __future__ import annotations

import logging
import marshal
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from publisher.errors import PublisherError, RenderError
from publisher.render import labels
from publisher.render.language import Language
from publisher.render.sanitize import safe_url, strip_illegal_xml
from publisher.render.template_files import TemplateFiles, builtin_folder

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import BaseLoader, BytecodeCache, Environment
    from jinja2.bccache import Bucket
    from markupsafe import Markup

    from publisher.render.builtin import BuiltinEnvironment
    from publisher.render.sandbox import Sandbox

    Prepared = TypeVar("Prepared", BuiltinEnvironment, Sandbox)

__all__ = ["Templates", "builtin_folder"]

logger = logging.getLogger(__name__)

TRANSLATIONS = "translations"
PARSED_SUFFIXES = (".html", ".txt", ".xml", ".css")
"""Suffixes of the templates that `Templates.broken_templates` parses."""

UNESCAPED_SUFFIXES = (".txt", ".css", ".js")
"""Suffixes of the templates without autoescape; all others have it."""

MAX_RUNAWAYS = 2
"""Stopped renderings of a template after which it is no longer rendered."""

MAX_MESSAGE = 300
"""Characters of an error's text: templates can put anything into one."""


class Templates:
    """The templates of one series. `overrides` is its own folder, which need not exist."""

    def __init__(self, overrides: Path) -> None:
        self._files = TemplateFiles(overrides)
        self._languages: dict[str, Language] = {}
        self._environments: dict[str, Sandbox] = {}
        self._builtin: dict[str, BuiltinEnvironment] = {}
        self._uses_own: dict[str, bool] = {}
        self._referenced: dict[str, tuple[str | None, ...]] = {}
        self._macros: dict[tuple[str, str, str], Callable[..., object]] = {}
        self._resolved: dict[tuple[str, ...], str] = {}
        self._runaways: Counter[str] = Counter()

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all templates, styles, scripts and translations."""
        return self._files.digest()[:16]

    @cached_property
    def translated(self) -> frozenset[str]:
        """The languages with a catalogue of interface words."""
        builtin = (path.stem for path in (self._files.builtin / TRANSLATIONS).glob("*.po"))
        own = (PurePosixPath(name) for name in self._files.own_names())
        return frozenset(builtin) | {path.stem for path in own if path.match(f"{TRANSLATIONS}/*.po")} | {"en"}

    def text(self, name: str) -> str:
        """The source of a file: the series' own, else the built-in one. Raises RenderError."""
        return self._files.read(name)

    @property
    def has_own(self) -> bool:
        """Whether the series has any template files."""
        return next(self._files.own_names(), None) is not None

    def is_builtin(self, name: str) -> bool:
        """Whether the series has no template of its own of that name."""
        return not self._files.has_own(name)

    def resolve_language(self, *codes: str) -> str:
        """The first of `codes` that has interface words, else English."""
        if codes not in self._resolved:
            self._resolved[codes] = next(self._known(codes), "en")
        return self._resolved[codes]

    def _known(self, codes: Iterable[str]) -> Iterator[str]:
        for code in codes:
            for candidate in (code, code.split("-")[0].lower()):
                if candidate in self.translated and Language(code).is_supported(candidate):
                    yield candidate

    def language(self, code: str) -> Language:
        """A language with its catalogue of words. Raises RenderError."""
        if code not in self._languages:
            self._languages[code] = Language(code, self._files.find(f"{TRANSLATIONS}/{code}.po"))
        return self._languages[code]

    def render(self, name: str, code: str, context: Mapping[str, object]) -> str:
        """Template `name` rendered with `context` in language `code`. Raises RenderError."""
        with self._rendering(name, code) as environment:
            # A control character, in any title, would make the page invalid.
            return strip_illegal_xml(environment.get_template(name).render(context))

    def render_macro(self, name: str, code: str, macro: str, context: Mapping[str, object]) -> str:
        """The result of `macro` of template `name` in language `code`. Raises RenderError.

        For macros that are called often: the template's top level runs once for all calls.
        """
        with self._rendering(name, code) as environment:
            function = self._macros.get((name, code, macro))
            if function is None:
                function = getattr(environment.get_template(name).module, macro)
                self._macros[name, code, macro] = function
            return str(function(**context))

    @contextmanager
    def _rendering(self, name: str, code: str) -> Iterator[Environment]:
        """The environment, with a new budget. Every error of a template becomes a RenderError."""
        from jinja2.debug import rewrite_traceback_stack

        from publisher.render.budget import TemplateLimit

        try:
            if self._is_builtin_alone(name):
                yield self.builtin_environment(code)
                return
            environment = self.environment(code)
            self._check_runaways(name)
            with environment.budget.rendering():
                yield environment
        except PublisherError:
            raise
        except Exception as error:  # A template can raise anything.
            rewritten = rewrite_traceback_stack()
            if isinstance(error, TemplateLimit | MemoryError):
                stopped = self._error_locations(rewritten)[0].partition(":")[0] or name
                self._runaways[stopped] += 1
                logger.warning("templates/%s exceeded a limit (%d times)", stopped, self._runaways[stopped])
            raise self._render_error(name, rewritten) from error

    def _check_runaways(self, name: str) -> None:
        """Raises RenderError if `name` uses a template that was stopped too often: each costs seconds."""
        if not self._runaways or max(self._runaways.values()) < MAX_RUNAWAYS:
            return
        for template in self._used(name):
            if template and self._runaways[template] >= MAX_RUNAWAYS:
                text = f"was stopped {MAX_RUNAWAYS} times and is not tried again in this run; mend it first"
                raise RenderError(f"templates/{template}: {text}")

    def _used(self, name: str) -> Iterator[str | None]:
        """Template `name` and all that it includes, imports or extends; None: one with a computed name."""
        used: list[str | None] = [name]
        for template in used:
            yield template
            if template:
                used += [other for other in self._references(template) if other not in used]

    def _references(self, name: str) -> tuple[str | None, ...]:
        """The templates that a template names itself; None: one with a computed name."""
        from jinja2 import meta

        if name not in self._referenced:
            tree = self.environment("en").parse(self.text(name)) if self._exists(name) else None
            self._referenced[name] = tuple(meta.find_referenced_templates(tree)) if tree else ()
        return self._referenced[name]

    def _is_builtin_alone(self, name: str) -> bool:
        """Whether template `name` and all that it uses are built-in ones."""
        if self._files.own is None:
            return True
        if name not in self._uses_own:
            used = self._used(name)
            self._uses_own[name] = any(other is None or self._files.has_own(other) for other in used)
        return not self._uses_own[name]

    def _render_error(self, name: str, error: BaseException) -> RenderError:
        """The error with its template and line: the series' own template where one is involved."""
        from jinja2 import TemplateSyntaxError

        if isinstance(error, TemplateSyntaxError):
            # Some errors have the file as the template's name.
            template = self._name_of(error.name or "") or error.name or name
            return RenderError(f"templates/{template}:{error.lineno}: {_shortened(error.message or '')}")
        own, builtin = self._error_locations(error)
        location = own or builtin or name
        within = f" (in the built-in {builtin})" if own and builtin else ""
        return RenderError(f"templates/{location}: {_description(error)}{within}")

    def _error_locations(self, error: BaseException) -> tuple[str, str]:
        """``file:line`` of the innermost call in the series' own templates, and in built-in ones."""
        own = builtin = ""
        for frame, line in walk_tb(error.__traceback__):
            file = frame.f_code.co_filename
            if template := self._name_of(file, self._files.own):
                own, builtin = f"{template}:{line}", ""
            elif template := self._name_of(file, self._files.builtin):
                builtin = f"{template}:{line}"
        return own, builtin

    def _name_of(self, file: str, *folders: Path | None) -> str:
        """The name of the template in `file`; "" for another file."""
        for folder in folders or (self._files.own, self._files.builtin):
            if folder and Path(file).is_relative_to(folder):
                return Path(file).relative_to(folder).as_posix()
        return ""

    def broken_templates(self) -> Iterator[RenderError]:
        """Errors in the series' own files that can be found without rendering them."""
        for name in self._files.own_names():
            refusal = self._files.refusal(name)
            if refusal:
                yield RenderError(refusal)
            elif PurePosixPath(name).match(f"{TRANSLATIONS}/*.po"):
                yield from _errors_of(partial(self._load_catalogue, PurePosixPath(name).stem))
            elif name.endswith(PARSED_SUFFIXES):
                yield from _errors_of(partial(self._parse, name)) or self._unknown_names(name)
            elif name.endswith(UNESCAPED_SUFFIXES):
                yield from _errors_of(partial(self.text, name))

    def _load_catalogue(self, code: str) -> None:
        _ = self.language(code).words

    def _parse(self, name: str) -> None:
        with self._rendering(name, "en") as environment:
            environment.get_template(name)

    def _unknown_names(self, name: str) -> Iterator[RenderError]:
        """Errors for names of templates, filters and tests that do not exist."""
        from jinja2 import nodes

        environment = self.environment("en")
        tree = environment.parse(self.text(name))
        for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            other = getattr(getattr(node, "template", None), "value", None)
            is_optional = getattr(node, "ignore_missing", False)
            if isinstance(other, str) and not is_optional and not self._exists(other):
                yield RenderError(f"templates/{name}:{node.lineno}: {_missing(other)}")
        for kind, known in ((nodes.Filter, environment.filters), (nodes.Test, environment.tests)):
            for used in tree.find_all(kind):
                if used.name not in known:
                    text = f"there is no {kind.__name__.lower()} named {used.name!r} for templates"
                    yield RenderError(f"templates/{name}:{used.lineno}: {text}")

    def _exists(self, name: str) -> bool:
        return self._files.has_own(name) or self._files.find(name) is not None

    def environment(self, code: str) -> Sandbox:
        """The Jinja environment of a language: undefined names are errors, HTML is escaped."""
        from publisher.render.budget import Budget
        from publisher.render.sandbox import Sandbox

        if code not in self._environments:
            language, loader = self.language(code), _loader(self._files)
            cache = _bytecode_cache(code, language.catalogue)
            self._environments[code] = _prepared(Sandbox(Budget(), **_options(loader, cache)), language)
        return self._environments[code]

    def builtin_environment(self, code: str) -> BuiltinEnvironment:
        """As `environment`, for built-in templates that use no others."""
        from publisher.render.builtin import BuiltinEnvironment

        if code not in self._builtin:
            # Not `self._files`: a file that appears in the series' own folder now must not be used.
            language, loader = self.language(code), _loader(TemplateFiles(self._files.builtin))
            cache = _bytecode_cache(code, language.catalogue, self.fingerprint)
            environment = BuiltinEnvironment(language.words, **_options(loader, cache))
            self._builtin[code] = _prepared(environment, language)
        return self._builtin[code]


def _errors_of(read: Callable[[], object]) -> list[RenderError]:
    """The RenderError that `read` raises, if any."""
    try:
        read()
    except RenderError as error:
        return [error]
    return []


def _description(error: BaseException) -> str:
    """The text of an error for producers."""
    from jinja2 import TemplateError, TemplateNotFound

    if isinstance(error, TemplateNotFound):
        return _missing(str(error.name))
    if isinstance(error, RecursionError):
        return "calls, includes or extends itself without an end"
    if isinstance(error, MemoryError):
        return "takes more memory than there is"
    text = str(error)
    known = isinstance(error, TemplateError | TypeError | ValueError | ArithmeticError) and text
    return _shortened(text if known else f"{type(error).__name__} {text}".strip())


def _missing(name: str) -> str:
    return _shortened(f'there is no template "{name}"; write the name of a file in templates/')


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


Codes = dict[tuple[str, str], "CodeType"]
"""The compiled templates of one environment, by the template's file and the digest of its source."""

MAX_ENVIRONMENTS = 64
"""Environments whose compiled templates are kept in memory."""

_codes: dict[tuple[str, ...], Codes] = {}
"""The compiled templates of each language and catalogue, shared by all series.

Compiled code contains constants of its language, so languages share none; that of built-in templates also
contains its words, so the key has their digest. The key of a code is the template's file, so series share
only the built-in ones.
"""


def compiled() -> bytes:
    """All compiled templates of this process, for another process of the same Python."""
    return marshal.dumps(_codes)


def use_compiled(content: bytes) -> None:
    """Uses templates that another process compiled: compiling those of a page takes 0.1 s."""
    _codes.update(marshal.loads(content))


def _bytecode_cache(*key: object) -> BytecodeCache:
    from jinja2 import BytecodeCache

    if len(_codes) >= MAX_ENVIRONMENTS:
        _codes.clear()
    codes = _codes.setdefault(tuple(map(str, key)), {})

    class MemoryCache(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            bucket.code = codes.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Bucket) -> None:
            if bucket.code is not None:
                codes[bucket.key, bucket.checksum] = bucket.code

    return MemoryCache()


def _options(loader: BaseLoader, cache: BytecodeCache) -> dict[str, Any]:
    """The options of all Jinja environments."""
    from jinja2 import StrictUndefined

    return {
        "loader": loader,
        "autoescape": lambda name: name is None or not name.endswith(UNESCAPED_SUFFIXES),
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "auto_reload": False,
        "cache_size": -1,
        "bytecode_cache": cache,
        "extensions": ["jinja2.ext.i18n"],
    }


def _prepared(environment: Prepared, language: Language) -> Prepared:
    """The environment with the words, filters and globals of a language."""
    environment.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
    environment.add_filters(_filters(language))
    environment.globals["language"] = language
    return environment


def _loader(files: TemplateFiles) -> BaseLoader:
    from jinja2 import FunctionLoader, TemplateNotFound
    from jinja2.loaders import split_template_path

    def load(name: str) -> tuple[str, str, Callable[[], bool]]:
        path = files.find("/".join(split_template_path(name)))
        if path is None:
            raise TemplateNotFound(name)
        return files.read(name), str(path), lambda: True

    return FunctionLoader(load)


HASHTAG = re.compile(r"([#@]\w+)")
SPACE_INSIDE_PUNCTUATION = re.compile(r"(?<=«) | (?=[»?!:;])| (?=[-–—|·] )")
"""Spaces where no line may break: inside French quotes, before French marks, before a dash."""


def _isolate_hashtags(title: object) -> Markup:
    """A title with its hashtags isolated, so that their # stays before them in text of another direction."""
    from markupsafe import Markup, escape

    text = SPACE_INSIDE_PUNCTUATION.sub("\N{NO-BREAK SPACE}", str(title))
    if text.isascii():
        return escape(text)
    parts = enumerate(HASHTAG.split(text))
    return Markup("").join(Markup("<bdi>%s</bdi>") % part if n % 2 else escape(part) for n, part in parts)


def _filters(language: Language) -> dict[str, Callable[..., object]]:
    from markupsafe import Markup, escape

    def listing(parts: Iterable[object]) -> Markup:
        # Babel joins plain text, so placeholders replace the markup while it is joined.
        shown = [escape(part) for part in parts]
        joined = str(escape(language.format_list(f"\ue000{n}\ue001" for n in range(len(shown)))))
        return Markup(re.sub("\ue000([0-9]+)\ue001", lambda place: str(shown[int(place[1])]), joined))

    return {
        "app": labels.app,
        "clock": language.format_clock,
        "day": language.day,
        "digits": language.digits,
        "host": _host,
        "tagged": _isolate_hashtags,
        "web": safe_url,
        "licence": labels.licence,
        "lasting": language.format_duration,
        "listing": listing,
        "number": language.number,
        "picture": labels.image_label,
        "size": language.size,
        "sound": labels.audio_label,
    }


def _host(address: object) -> str:
    """The host of a URL without ``www.``."""
    return (urlsplit(str(address)).hostname or str(address)).removeprefix("www.")
