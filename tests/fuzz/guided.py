"""Coverage-guided fuzzing with atheris: ``python -m tests.fuzz.guided``.

atheris is not a dependency, because it has no wheels for some Python versions. Each target runs in its
own process for ``FUZZ_SECONDS`` seconds; an error ends it, and atheris writes the input to a file in the
current folder.
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
    """Fuzzes one target until the time is over or an error is found; does not return."""
    import atheris

    # Only modules imported here are instrumented, so the targets are not imported earlier.
    with atheris.instrument_imports(include=["publisher", "markdown_it", "webvtt", "tomli"]):
        from tests.fuzz.targets import DICTIONARIES, TARGETS
    with tempfile.NamedTemporaryFile("w", suffix=".dict", delete=False) as dictionary:
        dictionary.writelines(f"{_quoted(word)}\n" for word in DICTIONARIES[name] if word)
    options = [f"-max_total_time={SECONDS}", "-timeout=20", "-max_len=4000"]
    atheris.Setup([sys.argv[0], f"-dict={dictionary.name}", *options], TARGETS[name])
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
        sys.stdout.write(f"Guided fuzzing is skipped: atheris cannot be imported ({error}).\n")
        return 0
    from tests.fuzz.targets import TARGETS

    failed = [
        name
        for name in TARGETS
        if subprocess.run([sys.executable, "-m", "tests.fuzz.guided", name], cwd=REPOSITORY).returncode
    ]
    sys.stdout.write(f"Errors found in: {', '.join(failed)}.\n" if failed else "No errors found.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
