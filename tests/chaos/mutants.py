"""Whether the harness notices: the program with one safeguard taken out, released and broken.

``python -m tests.chaos.mutants`` makes a copy for each row of `MUTANTS`, takes the safeguard out
there, and lets the harness loose on it: rounds of the heart first, then of the whole. Each has to
be found out; one that is not ends this with status 1. ``make chaos-mutants``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
PARTS = ("publisher", "templates", "tests", "pyproject.toml")
ROUNDS = {"CHAOS_FEW": "120", "CHAOS_ROUNDS": "0"}, {"CHAOS_FEW": "0", "CHAOS_ROUNDS": "100"}


@dataclass(frozen=True)
class Mutant:
    """What is missing, the file it is taken out of, the words, and those that stand there instead."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant("a file replaced without being forced to disk", "files.py", "            os.fsync(file.fileno())\n", ""),
    Mutant("a file written in place", "files.py", "        beside.replace(path)\n", "        beside.unlink()\n        path.write_bytes(content)\n"),
    Mutant("a folder not forced to disk", "files.py", "        os.fsync(descriptor)\n", "        pass\n"),
    Mutant("no open receipt before a deed", "run.py", "        if maker.remote:\n", "        if False:\n"),
    Mutant("an open receipt taken for a closed one", "decide.py", "    if receipt.open:\n", "    if False:\n"),
    Mutant("no check that made files are there", "decide.py", "    return any(files.get(path, (-1, 0))[0] != length for path, length in talk.lengths(item.output))\n", "    return False\n"),
    Mutant("old files removed before the feed is replaced", "run.py", "        outputs = {step.output for step in plan.steps if step.episode is None}\n", "        outputs = {step.output for step in plan.steps if step.episode is None}\n        self._remove(plan.steps)\n"),
)  # fmt: skip


def copy_with(mutant: Mutant, folder: Path) -> None:
    """The program in `folder`, without the safeguard."""
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / part)
    path = folder / "publisher" / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: {mutant.file} holds the words {text.count(mutant.old)} times")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def find_out(mutant: Mutant) -> str:
    """What gave the mutant away, "" when nothing did."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "copy"
        folder.mkdir()
        copy_with(mutant, folder)
        for rounds in ROUNDS:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/chaos", "-k", "completed"],
                cwd=folder, env={**os.environ, **rounds, "PYTHONPATH": str(folder)}, capture_output=True, text=True,
            )  # fmt: skip
            if done.returncode == 1:
                said = [line for line in done.stdout.splitlines() if line.startswith("E ")]
                return " ".join(" ".join(said[:3]).split())[:300] or "an error"
            if done.returncode not in (0, 5):
                raise SystemExit(done.stdout + done.stderr)
    return ""


def main() -> int:
    wanted = sys.argv[1:]
    survivors = []
    for mutant in MUTANTS:
        if wanted and not any(word in mutant.name for word in wanted):
            continue
        found = find_out(mutant)
        sys.stdout.write(f"{mutant.name}: {found or 'NOT FOUND OUT'}\n")
        sys.stdout.flush()
        survivors += [] if found else [mutant.name]
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
