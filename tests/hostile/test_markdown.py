"""Notes that are made to explode become documents of bounded size, in bounded memory.

``PUBLISHER_TEST_HOSTILE=1`` tries every text of `markdown.TEXTS` (`make hostile`); without it the few of
`ALWAYS` stand for the rest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.render.markdown import html
from tests.hostile.markdown import SIZE, TEXTS

REPOSITORY = Path(__file__).parent.parent.parent
MEMORY = 512 << 20
"""All that the process may take, Python and its libraries included: they take 90 MB."""

MAX_HTML = 20 * SIZE
MAX_PLAIN = 4 * SIZE
MAX_NESTING = 70
"""20 blocks, each a list with its items, and 20 marks within each other."""

ALWAYS = (
    "one long address",
    "one long title",
    "ten long addresses",
    "nested brackets",
    "nested emphasis",
    "nested quotes",
    "tables of one row",
    "tabs",
    "times",
)
EVERY = bool(os.environ.get("PUBLISHER_TEST_HOSTILE") or os.environ.get("PUBLISHER_TEST_ALL"))
CHOSEN = list(TEXTS) if EVERY else list(ALWAYS)


def measure(name: str) -> list[int] | str:
    """The size of a text, those of its HTML and its plain text, and the nesting; or how it failed."""
    command = [sys.executable, "-m", "tests.hostile.markdown", str(MEMORY), name]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    (_, *sizes) = json.loads(ran.stdout.splitlines()[-1])
    # A text at which the process ended has no sizes.
    return sizes or ran.stderr[-800:]


@pytest.mark.parametrize("name", CHOSEN)
def test_120_kb_of_markdown_become_bounded_documents_in_bounded_memory(name: str) -> None:
    sizes = measure(name)
    assert isinstance(sizes, list), f"ended within {MEMORY >> 20} MB: {sizes}"
    written, html_size, plain_size, nesting = sizes
    assert written > SIZE // 2
    assert html_size <= MAX_HTML
    assert plain_size <= MAX_PLAIN
    assert nesting <= MAX_NESTING


def test_references_of_ordinary_notes_are_all_resolved() -> None:
    definitions = "\n".join(f"[a{n}]: https://example.org/{n} 'Title {n}'" for n in range(500))
    uses = " ".join(f"[text][a{n}], [a{n}][] and ![a{n}]" for n in range(500))
    made = html(f"{definitions}\n\n{uses}", lambda seconds: None)
    assert made.count("<a href=") == 1500


def test_references_beyond_the_limit_stay_text_and_later_short_ones_are_resolved() -> None:
    notes = f"[a]: http://e.org/{'x' * 60_000}\n[b]: http://e.org/b\n\n[a] [a] [b]"
    made = html(notes, lambda seconds: None)
    assert made.count("x" * 60_000) == 1
    assert made.endswith('>a</a> [a] <a href="http://e.org/b">b</a></p>')


@pytest.mark.parametrize("times", ["[0:01] " * 15_000, "- [0:01]\n" * 13_000])
def test_times_beyond_the_limit_stay_text(times: str) -> None:
    address = "https://example.org/" + "x" * 2000
    made = html(times, lambda seconds: address)
    assert 400 < made.count(address) < 600
    assert made.count("0:01") == times.count("0:01")


def test_emphasis_nested_too_deep_keeps_its_words() -> None:
    made = html("*a " * 50 + "b" + " c*" * 50, lambda seconds: None)
    assert made.count("<em>") == made.count("</em>") == 20
    assert made.count("a ") == made.count(" c") == 50
