"""Import rules between modules, and which modules may access the outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "publisher"

# A module may import modules of its own row and of earlier rows.
ROWS: tuple[tuple[str, ...], ...] = (
    ("errors", "progress", "transliteration", "model"),
    ("delivery_address",),
    (
        "site_paths",
        "bidi",
        "fingerprint",
        "timeline",
        "symlinks",
        "files",
        "write_batch",
        "context",
        "preview_page",
        "preview_server",
    ),
    ("transcripts",),
    ("leaks", "mentions"),
    ("media", "images"),
    ("cluster",),
    ("render",),
    ("catalogue",),
    ("ledger",),
    ("missing_episodes", "visibility"),
    ("plan", "ledger.failures", "former_slugs"),
    ("render_worker",),
    ("estimates",),
    ("outputs",),
    ("release_state",),
    ("notices", "retractions", "replaced_files"),
    ("prepared",),
    ("planner",),
    ("run",),
    ("gather",),
    ("transcribe",),
    ("imports",),
    ("review",),
    ("withdrawal",),
    ("studio",),
    ("cli",),
)
DECIDING = ("planner", "notices", "release_state", "retractions", "replaced_files", "prepared")
PURE = (
    "model",
    "timeline",
    "transliteration",
    "fingerprint",
    "site_paths",
    "plan",
    "former_slugs",
    "missing_episodes",
    *DECIDING,
)
OUTPUTS_MAY_NOT = (*DECIDING, "run", "ledger", "cli", "catalogue", "gather")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def statements(path: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Every import in a file, also within functions."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def imports(path: Path) -> set[str]:
    """The modules of this package that a file imports, as dotted names."""
    found: set[str] = set()
    for node in statements(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name.removeprefix("publisher.") for name in found if name.startswith("publisher.")}


def foreign(path: Path) -> set[str]:
    """The top-level names of everything else that a file imports."""
    found: set[str] = set()
    for node in statements(path):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def row(name: str) -> int | None:
    for own in (".".join(name.split(".")[:2]), name.split(".")[0]):
        for number, names in enumerate(ROWS):
            if own in names:
                return number
    return None


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_imports_only_from_the_rows_below_it(path: Path) -> None:
    own = row(dotted(path))
    if own is None:
        return
    above = {name for name in imports(path) if (found := row(name)) is not None and found > own}
    assert not above


def module_of(path: Path) -> str:
    """``catalogue.load``; a package's name for its ``__init__``."""
    return dotted(path).removesuffix("__init__").rstrip(".")


def graph() -> dict[str, set[str]]:
    """The modules that each module imports; a package counts as its ``__init__``."""
    known = {module_of(path): path for path in modules()}

    def imported(path: Path) -> Iterator[str]:
        for node in statements(path):
            if isinstance(node, ast.Import):
                yield from (alias.name.removeprefix("publisher.") for alias in node.names)
            elif node.module and node.module.startswith("publisher"):
                package = node.module.removeprefix("publisher").removeprefix(".")
                within = [f"{package}.{alias.name}".lstrip(".") for alias in node.names]
                yield from (name if name in known else package for name in within)

    return {module: set(imported(path)) & known.keys() for module, path in known.items()}


def test_imports_between_modules_have_no_cycle() -> None:
    TopologicalSorter(graph()).prepare()


def test_an_inner_package_imports_nothing_of_the_outer_one() -> None:
    inner = {name for path in modules() if path.name == "__init__.py" and "." in (name := module_of(path))}
    assert inner

    def leaves(module: str, package: str, name: str) -> bool:
        outer = package.rpartition(".")[0]
        return (
            f"{module}.".startswith(f"{package}.")
            and f"{name}.".startswith(f"{outer}.")
            and not f"{name}.".startswith(f"{package}.")
        )

    found = graph()
    assert not [
        f"{module} imports {name}"
        for package in inner
        for module, names in found.items()
        for name in names
        if leaves(module, package, name)
    ]


def test_every_module_has_a_row() -> None:
    without = {dotted(path) for path in modules() if row(dotted(path)) is None}
    assert without == {"__init__", "__main__"}


@pytest.mark.parametrize("path", [p for p in modules() if dotted(p).startswith("outputs.")], ids=dotted)
def test_outputs_import_neither_each_other_nor_deciding_modules(path: Path) -> None:
    if path.name == "__init__.py" and path.parent.name == "outputs":
        return
    own = dotted(path).split(".")[1]
    others = {name.split(".")[1] for name in imports(path) if name.startswith("outputs.")}
    assert others <= {own}
    assert not {name.split(".")[0] for name in imports(path)} & set(OUTPUTS_MAY_NOT)


@pytest.mark.parametrize("name", PURE)
def test_deciding_modules_touch_nothing_outside(name: str) -> None:
    touching = {"os", "subprocess", "socket", "time", "shutil", "urllib", "tempfile"}
    own = [path for path in modules() if dotted(path).split(".")[0] == name]
    assert own
    for path in own:
        assert not foreign(path) & touching


def test_few_modules_start_processes() -> None:
    starting = {dotted(path) for path in modules() if "subprocess" in foreign(path)}
    assert starting <= {
        "transcribe.engines",
        "cli.studio",
        "media.ffmpeg",
        "images.svg",
        "outputs.deliver.purge",
        "outputs.deliver.rsync",
        "studio.git_history",
    }


@pytest.mark.parametrize("path", [p for p in modules() if not dotted(p).startswith("cli")], ids=dotted)
def test_only_the_command_line_prints_exits_and_reads_clock_and_environment(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for words in ("datetime.now(", "os.environ", "sys.exit(", "date.today(", "time.time("):
        assert words not in source


@pytest.mark.parametrize("path", [p for p in modules() if dotted(p).startswith("outputs.")], ids=dotted)
def test_outputs_read_transcripts_only_in_published_time(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not [name for name in ("read", "publish", "parse") if f"transcripts.{name}(" in source]


def test_the_ledger_has_one_writer() -> None:
    writing = {
        dotted(path)
        for path in modules()
        if any(
            name in path.read_text(encoding="utf-8") for name in ("save_record(", "save_feed(", "set_aside(")
        )
    }
    assert writing == {"ledger.store", "run.journal"}
