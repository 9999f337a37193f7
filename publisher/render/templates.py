"""The templates: the built-in ones, each replaceable by a file of the same name in the series.

A file in <series>/templates/ takes the place of the built-in file of that name; it may build on
it as ``{% extends "builtin/…" %}``. They run in the environment of `sandbox`. Whatever goes wrong
in one is a RenderError that names its file and line. Knows nothing of what pages show.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache, partial
from pathlib import Path, PurePosixPath
from traceback import walk_tb
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.errors import PublisherError, RenderError
from publisher.render import labels
from publisher.render.language import Language
from publisher.render.sanitize import safe_url, strip_illegal_xml
from publisher.render.template_files import TemplateFiles, builtin_folder

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import BaseLoader, BytecodeCache
    from jinja2.bccache import Bucket
    from markupsafe import Markup

    from publisher.render.sandbox import Sandbox

__all__ = ["Templates", "builtin_folder"]

TRANSLATIONS = "translations"
SOURCE_LANGUAGE = (".html", ".txt", ".xml", ".css")
"""How the names of templates end that `Templates.refused` looks into."""

NOT_ESCAPED = (".txt", ".css", ".js")
"""How the names of templates end in which text stays as it is; in all others it is escaped."""

MAX_RUNAWAYS = 2
"""Renderings of one template that are stopped before it is not tried again."""

MAX_MESSAGE = 300
"""Characters of what is said of an error: templates can put anything into one."""


class Templates:
    """The templates of one series. `overrides` is its own folder; it need not exist."""

    def __init__(self, overrides: Path) -> None:
        self._files = TemplateFiles(overrides)
        self._languages: dict[str, Language] = {}
        self._environments: dict[str, Sandbox] = {}
        self._macros: dict[tuple[str, str, str], Callable[..., object]] = {}
        self._spoken: dict[tuple[str, ...], str] = {}
        self._runaways: Counter[str] = Counter()

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever a template, style, script or translation does."""
        return self._files.digest()[:16]

    @cached_property
    def translated(self) -> frozenset[str]:
        """The languages that have interface words."""
        builtin = (path.stem for path in (self._files.builtin / TRANSLATIONS).glob("*.po"))
        own = (PurePosixPath(name) for name in self._files.own_names())
        return frozenset(builtin) | {path.stem for path in own if path.match(f"{TRANSLATIONS}/*.po")} | {"en"}

    def text(self, name: str) -> str:
        """A file as it is written: the series' own, else the built-in one. Raises RenderError."""
        return self._files.read(name)

    @property
    def has_own(self) -> bool:
        """Whether the series has any file of its own."""
        return next(self._files.own_names(), None) is not None

    def is_builtin(self, name: str) -> bool:
        """Whether the series has no template of its own of that name."""
        return not self._files.has_own(name)

    def resolve_language(self, *codes: str) -> str:
        """The first of `codes` whose interface words are known; English at last."""
        if codes not in self._spoken:
            self._spoken[codes] = next(self._known(codes), "en")
        return self._spoken[codes]

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
        """Template `name` with `context`, spoken in language `code`. Raises RenderError."""
        with self._rendering(name, code) as environment:
            # Control characters in a title would make a page invalid, wherever it is shown.
            return strip_illegal_xml(environment.get_template(name).render(context))

    def render_macro(self, name: str, code: str, macro: str, context: Mapping[str, object]) -> str:
        """What `macro` of template `name` gives, spoken in language `code`. Raises RenderError.

        The template's own words are looked up once for all calls: for what is rendered often.
        """
        with self._rendering(name, code) as environment:
            called = self._macros.get((name, code, macro))
            if called is None:
                called = getattr(environment.get_template(name).module, macro)
                self._macros[name, code, macro] = called
            return str(called(**context))

    @contextmanager
    def _rendering(self, name: str, code: str) -> Iterator[Sandbox]:
        """The environment, with a new budget. Every error of a template becomes a RenderError."""
        from jinja2.debug import rewrite_traceback_stack

        from publisher.render.budget import TemplateLimit

        environment = self.environment(code)
        self._check_runaways(name, environment)
        try:
            with environment.budget.rendering():
                yield environment
        except PublisherError:
            raise
        except Exception as error:  # What a template does can raise anything.
            rewritten = rewrite_traceback_stack()
            if isinstance(error, TemplateLimit | MemoryError):
                self._runaways[self._places(rewritten)[0].partition(":")[0] or name] += 1
            raise self._refusal(name, rewritten) from error

    def _check_runaways(self, name: str, environment: Sandbox) -> None:
        """Raises RenderError for a template that uses one that was stopped too often: it costs seconds."""
        from jinja2 import meta

        if not self._runaways or max(self._runaways.values()) < MAX_RUNAWAYS:
            return
        used = [name]
        for one in used:
            if self._runaways[one] >= MAX_RUNAWAYS:
                text = f"was stopped {MAX_RUNAWAYS} times and is not tried again in this run; mend it first"
                raise RenderError(f"templates/{one}: {text}")
            tree = environment.parse(self.text(one)) if self._exists(one) else None
            found = meta.find_referenced_templates(tree) if tree else ()
            used += [other for other in found if other and other not in used]

    def _refusal(self, name: str, error: BaseException) -> RenderError:
        """An error with the template and line at which it arose, the series' own before a built-in one."""
        from jinja2 import TemplateSyntaxError

        if isinstance(error, TemplateSyntaxError):
            # Some errors have the file in the place of the template's name.
            written = self._name_of(error.name or "") or error.name or name
            return RenderError(f"templates/{written}:{error.lineno}: {_shortened(error.message or '')}")
        own, builtin = self._places(error)
        place = own or builtin or name
        within = f" (in the built-in {builtin})" if own and builtin else ""
        return RenderError(f"templates/{place}: {_said(error)}{within}")

    def _places(self, error: BaseException) -> tuple[str, str]:
        """``file:line`` of the deepest place in the series' own templates, and in built-in ones below it."""
        own = builtin = ""
        for frame, line in walk_tb(error.__traceback__):
            file = frame.f_code.co_filename
            if written := self._name_of(file, self._files.own):
                own, builtin = f"{written}:{line}", ""
            elif written := self._name_of(file, self._files.builtin):
                builtin = f"{written}:{line}"
        return own, builtin

    def _name_of(self, file: str, *folders: Path | None) -> str:
        """The name of the template that a file holds; "" for a file that is none."""
        for folder in folders or (self._files.own, self._files.builtin):
            if folder and Path(file).is_relative_to(folder):
                return Path(file).relative_to(folder).as_posix()
        return ""

    def broken_templates(self) -> Iterator[RenderError]:
        """What is wrong with the series' own files, as far as it shows without rendering them."""
        for name in self._files.own_names():
            refusal = self._files.refusal(name)
            if refusal:
                yield RenderError(refusal)
            elif PurePosixPath(name).match(f"{TRANSLATIONS}/*.po"):
                yield from _raised(partial(self._read_words, PurePosixPath(name).stem))
            elif name.endswith(SOURCE_LANGUAGE):
                yield from _raised(partial(self._parse, name)) or self._wrong_names(name)
            elif name.endswith(NOT_ESCAPED):
                yield from _raised(partial(self.text, name))

    def _read_words(self, code: str) -> None:
        _ = self.language(code).words

    def _parse(self, name: str) -> None:
        with self._rendering(name, "en") as environment:
            environment.get_template(name)

    def _wrong_names(self, name: str) -> Iterator[RenderError]:
        """Names in a template of templates, filters and tests that there are not."""
        from jinja2 import nodes

        environment = self.environment("en")
        tree = environment.parse(self.text(name))
        for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            named = getattr(getattr(node, "template", None), "value", None)
            is_optional = getattr(node, "ignore_missing", False)
            if isinstance(named, str) and not is_optional and not self._exists(named):
                yield RenderError(f"templates/{name}:{node.lineno}: {_not_there(named)}")
        for kind, known in ((nodes.Filter, environment.filters), (nodes.Test, environment.tests)):
            for used in tree.find_all(kind):
                if used.name not in known:
                    text = f"there is no {kind.__name__.lower()} named {used.name!r} for templates"
                    yield RenderError(f"templates/{name}:{used.lineno}: {text}")

    def _exists(self, name: str) -> bool:
        return self._files.has_own(name) or self._files.find(name) is not None

    def environment(self, code: str) -> Sandbox:
        """The Jinja environment that speaks `code`: undefined names are errors, HTML is escaped."""
        if code not in self._environments:
            self._environments[code] = _environment(self._files, self.language(code))
        return self._environments[code]


def _raised(read: Callable[[], object]) -> list[RenderError]:
    """The error that `read` raises, if any."""
    try:
        read()
    except RenderError as error:
        return [error]
    return []


def _said(error: BaseException) -> str:
    """What is wrong, as a producer reads it."""
    from jinja2 import TemplateError, TemplateNotFound

    if isinstance(error, TemplateNotFound):
        return _not_there(str(error.name))
    if isinstance(error, RecursionError):
        return "calls, includes or extends itself without an end"
    if isinstance(error, MemoryError):
        return "takes more memory than there is"
    text = str(error)
    known = isinstance(error, TemplateError | TypeError | ValueError | ArithmeticError) and text
    return _shortened(text if known else f"{type(error).__name__} {text}".strip())


def _not_there(name: str) -> str:
    return _shortened(f'there is no template "{name}"; write the name of a file in templates/')


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


@lru_cache(maxsize=64)
def _compiled(*spoken: object) -> BytecodeCache:
    """Compiled templates in one language with its words, kept while this process lasts.

    A compiled template holds what constants came to in its language, so languages share none.
    Its key is its file, so that series have only the built-in ones in common.
    """
    from jinja2 import BytecodeCache

    class Compiled(BytecodeCache):
        def __init__(self) -> None:
            self._codes: dict[tuple[str, str], CodeType] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            bucket.code = self._codes.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Bucket) -> None:
            if bucket.code is not None:
                self._codes[bucket.key, bucket.checksum] = bucket.code

    return Compiled()


def _environment(files: TemplateFiles, language: Language) -> Sandbox:
    from jinja2 import StrictUndefined

    from publisher.render.budget import Budget
    from publisher.render.sandbox import Sandbox

    environment = Sandbox(
        Budget(),
        loader=_loader(files),
        autoescape=lambda name: name is None or not name.endswith(NOT_ESCAPED),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_compiled(language.code, language.catalogue),
        extensions=["jinja2.ext.i18n"],
    )
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
SPACE_INSIDE_PUNCTUATION = re.compile(r"(?<=«) | (?=[»?!:;])")
"""The spaces that French puts within its quotes and before its marks: no line may break there."""


def _tagged(title: object) -> Markup:
    """A title whose hashtags keep their mark on the right side among words of another direction."""
    from markupsafe import Markup, escape

    words = SPACE_INSIDE_PUNCTUATION.sub("\N{NO-BREAK SPACE}", str(title))
    if words.isascii():
        return escape(words)
    parts = enumerate(HASHTAG.split(words))
    return Markup("").join(Markup("<bdi>%s</bdi>") % part if n % 2 else escape(part) for n, part in parts)


def _filters(language: Language) -> dict[str, Callable[..., object]]:
    from markupsafe import Markup, escape

    def listing(parts: Iterable[object]) -> Markup:
        # Babel joins text; what is joined here is markup, so marks stand in for it.
        shown = [escape(part) for part in parts]
        joined = str(escape(language.format_list(f"\ue000{n}\ue001" for n in range(len(shown)))))
        return Markup(re.sub("\ue000([0-9]+)\ue001", lambda mark: str(shown[int(mark[1])]), joined))

    return {
        "app": labels.app,
        "clock": language.format_clock,
        "day": language.day,
        "digits": language.digits,
        "host": _host,
        "tagged": _tagged,
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
    """The host of an address, as one says it."""
    return (urlsplit(str(address)).hostname or str(address)).removeprefix("www.")
