"""Files of any size are searched in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.leaks import find, matcher
from publisher.leaks.checker import LeakChecker
from tests.leaks.corpus import NAME, SECRETS

CHECKER = LeakChecker(SECRETS)
MEGABYTE = 1 << 20
SIZE = 3 << 30
"""More than a signed 32-bit offset can address."""

LINE = "Nothing is said here about anybody, in a line of some length, again.\n"


def within(megabytes: int, act: Callable[[], object]) -> None:
    """Calls `act` with at most so much additional memory. Raises MemoryError if it takes more.

    Linux enforces the limit; on other systems tracing each allocation takes ten times as long.
    """
    status = Path("/proc/self/status")
    if status.exists():
        import resource

        taken = next(int(line.split()[1]) << 10 for line in status.open() if line.startswith("VmData"))
        before = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (taken + megabytes * MEGABYTE, before[1]))
        try:
            act()
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, before)
        return
    tracemalloc.start()
    try:
        act()
        if tracemalloc.get_traced_memory()[1] > megabytes * MEGABYTE:
            raise MemoryError
    finally:
        tracemalloc.stop()


def test_more_memory_than_allowed_is_refused() -> None:
    within(100, lambda: bytearray(50 * MEGABYTE))
    with pytest.raises(MemoryError):
        within(100, lambda: bytearray(500 * MEGABYTE))


def sparse(file: Path, size: int, end: bytes = b"") -> Path:
    with file.open("wb") as opened:
        opened.seek(size)
        opened.write(b"\0" + end)
    return file


def test_gigabytes_are_searched_in_little_memory(tmp_path: Path) -> None:
    file = sparse(tmp_path / "film.bin", SIZE, f" {NAME} ".encode())
    found = []
    within(200, lambda: found.extend(CHECKER.search_file("film.bin", file)))
    assert [leak.kind for leak in found] == ["name of guest-a"]


@pytest.mark.parametrize(
    ("words", "line"),
    [("Nemo\n\n  Exemplarius\n", 200_001), ("Nemo Exem-\nplarius\n", 200_001)],
)
def test_a_long_text_is_searched_to_its_end_with_line_numbers(words: str, line: int, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text(LINE * (line - 1) + words + LINE, encoding="utf-8")
    found = []
    within(40, lambda: found.extend(CHECKER.search_file("words.txt", file)))
    assert {leak.place for leak in found} == {f"line {line}"}


@pytest.mark.parametrize("before", range(matcher.CHUNK_LENGTH - 24, matcher.CHUNK_LENGTH + 8, 8))
def test_a_name_across_two_chunks_is_found(before: int) -> None:
    for text in ("а " * (before // 2) + NAME, "x\n" * (before // 2) + NAME + "\n" + "y" * 5000):
        found = find("a.txt", text.encode(), SECRETS)
        assert [leak.kind for leak in found] == ["name of guest-a"]
        assert found[0].place == ("its text" if text[0] == "а" else f"line {before // 2 + 1}")


def test_half_a_word_at_the_edge_of_a_chunk_is_not_a_name() -> None:
    from publisher.leaks import Secret, Secrets

    short = Secrets((Secret("name", "Ana"),))
    for before in range(matcher.CHUNK_LENGTH - matcher.OVERLAP - 7, matcher.CHUNK_LENGTH - matcher.OVERLAP):
        assert find("a.txt", ("x" * before + " banana " + "y" * 9000).encode(), short) == ()
