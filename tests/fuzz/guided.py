"""Fuzzing that is guided by what the code does, where atheris is installed: ``python -m tests.fuzz.guided``.

It is not among the dependencies: it has no wheels for every Python. Each target runs in a process
of its own for ``FUZZ_SECONDS`` seconds; a find ends it with the bytes in a file here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))
REPOSITORY = Path(__file__).parent.parent.parent


def fuzz(name: str) -> None:
    """One target, for ever or until a find."""
    import atheris

    # What is imported before is not watched: the targets come with what they try.
    with atheris.instrument_imports(include=["publisher", "markdown_it", "webvtt", "tomli"]):
        from tests.fuzz.targets import TARGETS, WORDS
    with tempfile.NamedTemporaryFile("w", suffix=".dict", delete=False) as words:
        words.writelines(f"{_quoted(word)}\n" for word in WORDS[name] if word)
    limits = [f"-max_total_time={SECONDS}", "-timeout=20", "-max_len=4000"]
    atheris.Setup([sys.argv[0], f"-dict={words.name}", *limits], TARGETS[name])
    atheris.Fuzz()


def _quoted(word: str) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass")) + '"'


def main() -> int:
    if len(sys.argv) > 1:
        fuzz(sys.argv[1])
        return 0
    try:
        import atheris  # noqa: F401
    except ImportError as error:
        sys.stdout.write(f"Guided fuzzing is left out: atheris cannot be imported here ({error}).\n")
        return 0
    from tests.fuzz.targets import TARGETS

    failed = [
        name
        for name in TARGETS
        if subprocess.run([sys.executable, "-m", "tests.fuzz.guided", name], cwd=REPOSITORY).returncode
    ]
    sys.stdout.write(f"Found something in: {', '.join(failed)}.\n" if failed else "Nothing was found.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
