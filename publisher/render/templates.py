"""The templates: the built-in ones, each replaceable by a file of the same name in the series.

A file in <series>/templates/ takes the place of the built-in file of that name; it may build on
it as ``{% extends "builtin/…" %}``. Knows nothing of what pages show.
"""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.errors import RenderError
from publisher.render import names
from publisher.render.language import Language
from publisher.render.text import legal, web

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import BytecodeCache, Environment, TemplateError
    from jinja2.bccache import Bucket
    from markupsafe import Markup

TRANSLATIONS = "translations"
BUILTIN = "builtin"
WRITTEN_IN = (".html", ".txt", ".xml", ".css", ".js")
"""How the names of templates end."""


def builtin_folder() -> Path:
    """Where the built-in templates lie: in the installed package, or at the repository's root."""
    package = Path(str(resources.files("publisher")))
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


class Templates:
    """The templates of one series. `overrides` is its own folder; it need not exist."""

    def __init__(self, overrides: Path) -> None:
        self._builtin = builtin_folder()
        same = overrides.is_dir() and overrides.samefile(self._builtin)
        has_overrides = overrides.is_dir() and not same
        if has_overrides:
            _check_inside(overrides)
        self._folders = (overrides, self._builtin) if has_overrides else (self._builtin,)
        self._languages: dict[str, Language] = {}
        self._environments: dict[str, Environment] = {}
        self._macros: dict[tuple[str, str, str], Callable[..., object]] = {}
        self._builtins: dict[str, bool] = {}
        self._spoken: dict[tuple[str, ...], str] = {}

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever a template, style, script or translation does."""
        digest = hashlib.sha256()
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    @cached_property
    def translated(self) -> frozenset[str]:
        """The languages that have interface words."""
        found = (folder.glob(f"{TRANSLATIONS}/*.po") for folder in self._folders)
        return frozenset(path.stem for paths in found for path in paths) | {"en"}

    def path(self, name: str) -> Path:
        """The file that `name` stands for: the series' own, else the built-in one."""
        for folder in self._folders:
            if (folder / name).is_file():
                return folder / name
        raise RenderError(f"templates/{name} is missing; reinstall publisher")

    def is_builtin(self, name: str) -> bool:
        """Whether the series has no template of its own of that name."""
        if name not in self._builtins:
            self._builtins[name] = self.path(name).is_relative_to(self._builtin)
        return self._builtins[name]

    def speaking(self, *codes: str) -> str:
        """The first of `codes` whose interface words are known; English at last."""
        if codes not in self._spoken:
            self._spoken[codes] = next(self._known(codes), "en")
        return self._spoken[codes]

    def _known(self, codes: Iterable[str]) -> Iterator[str]:
        for code in codes:
            for candidate in (code, code.split("-")[0].lower()):
                if candidate in self.translated and Language(code).speaks(candidate):
                    yield candidate

    def language(self, code: str) -> Language:
        """A language with its catalogue of words."""
        if code not in self._languages:
            path = next((f / TRANSLATIONS / f"{code}.po" for f in self._folders if self._has(f, code)), None)
            self._languages[code] = Language(code, path)
        return self._languages[code]

    def _has(self, folder: Path, code: str) -> bool:
        return (folder / TRANSLATIONS / f"{code}.po").is_file()

    def render(self, name: str, code: str, context: Mapping[str, object]) -> str:
        """Template `name` with `context`, spoken in language `code`. Raises RenderError."""
        from jinja2 import TemplateError

        try:
            # Control characters in a title would make a page invalid, wherever it is shown.
            return legal(self.environment(code).get_template(name).render(context))
        except TemplateError as error:
            raise _refusal(name, error) from error

    def call(self, name: str, code: str, macro: str, context: Mapping[str, object]) -> str:
        """What `macro` of template `name` gives, spoken in language `code`. Raises RenderError.

        The template's own words are looked up once for all calls: for what is rendered often.
        """
        from jinja2 import TemplateError

        try:
            called = self._macros.get((name, code, macro))
            if called is None:
                called = getattr(self.environment(code).get_template(name).module, macro)
                self._macros[name, code, macro] = called
            return str(called(**context))
        except TemplateError as error:
            raise _refusal(name, error) from error

    def refused(self) -> Iterator[RenderError]:
        """What cannot be read of the series' own templates; wrong names in them show when they are used."""
        from jinja2 import TemplateError

        *own, _ = self._folders
        for path in sorted(path for folder in own for path in folder.rglob("*") if path.suffix in WRITTEN_IN):
            name = path.relative_to(own[0]).as_posix()
            try:
                self.environment("en").get_template(name)
            except TemplateError as error:
                yield _refusal(name, error)
        for path in sorted(path for folder in own for path in (folder / TRANSLATIONS).glob("*.po")):
            try:
                self.language(path.stem)
            except RenderError as error:
                yield error

    def environment(self, code: str) -> Environment:
        """The Jinja environment that speaks `code`: undefined names are errors, HTML is escaped."""
        if code not in self._environments:
            self._environments[code] = _environment(self._folders, self.language(code))
        return self._environments[code]


def _check_inside(overrides: Path) -> None:
    """Raises RenderError for a template that is a link to somewhere outside of the series folder."""
    series = overrides.resolve().parent
    for path in overrides.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(series):
            place = f"templates/{path.relative_to(overrides).as_posix()}"
            raise RenderError(f"{place} leads out of the series folder; copy the file into it")


def _refusal(name: str, error: TemplateError) -> RenderError:
    line = getattr(error, "lineno", None)
    written = getattr(error, "name", None) or name
    if line is None:
        written, line = _place(error, written)
    place = f"templates/{written}" + (f":{line}" if line else "")
    return RenderError(f"{place}: {error}")


def _place(error: TemplateError, name: str) -> tuple[str, int | None]:
    """The template and line at which rendering stopped: Jinja gives its code frames of their own."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.suffix in WRITTEN_IN:
            _, _, within = path.as_posix().rpartition("/templates/")
            return within or name, frame.lineno
    return name, None


@lru_cache(maxsize=64)
def _compiled(*spoken: Path | str) -> BytecodeCache:
    """Compiled templates of some folders in one language, kept while this process lasts.

    A compiled template holds what constants came to in its language, so languages share none.
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


def _environment(folders: tuple[Path, ...], language: Language) -> Environment:
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

    *_, builtin = loaders = [FileSystemLoader(folder) for folder in folders]
    environment = Environment(
        loader=ChoiceLoader([*loaders, PrefixLoader({BUILTIN: builtin})]),
        autoescape=lambda name: name is not None and name.endswith((".html", ".xml", ".svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_compiled(*folders, language.code),
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(_filters(language))
    environment.globals["language"] = language
    return environment


HASHTAG = re.compile(r"([#@]\w+)")
APART = re.compile(r"(?<=«) | (?=[»?!:;])")
"""The spaces that French puts within its quotes and before its marks: no line may break there."""


def _tagged(title: object) -> Markup:
    """A title whose hashtags keep their mark on the right side among words of another direction."""
    from markupsafe import Markup, escape

    words = APART.sub("\N{NO-BREAK SPACE}", str(title))
    if words.isascii():
        return escape(words)
    parts = enumerate(HASHTAG.split(words))
    return Markup("").join(Markup("<bdi>%s</bdi>") % part if n % 2 else escape(part) for n, part in parts)


def _filters(language: Language) -> dict[str, Callable[..., object]]:
    from markupsafe import Markup, escape

    def listing(parts: Iterable[object]) -> Markup:
        # Babel joins text; what is joined here is markup, so marks stand in for it.
        shown = [escape(part) for part in parts]
        joined = str(escape(language.listing(f"\ue000{n}\ue001" for n in range(len(shown)))))
        for number, name in enumerate(shown):
            joined = joined.replace(f"\ue000{number}\ue001", str(name))
        return Markup(joined)

    return {
        "app": names.app,
        "clock": language.clock,
        "day": language.day,
        "digits": language.digits,
        "host": _host,
        "tagged": _tagged,
        "web": web,
        "licence": names.licence,
        "lasting": language.lasting,
        "listing": listing,
        "number": language.number,
        "picture": names.picture,
        "size": language.size,
        "sound": names.sound,
    }


def _host(address: object) -> str:
    """The host of an address, as one says it."""
    return (urlsplit(str(address)).hostname or str(address)).removeprefix("www.")
