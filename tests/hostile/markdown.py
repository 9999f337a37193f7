"""Markdown of about 120 kB, each text made to cost as much as it can."""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable, Mapping
from itertools import accumulate

from publisher.render import markdown

SIZE = 120_000
"""Characters; a series may have notes of 128 kB."""


def many(piece: str) -> str:
    """`piece` over and over."""
    return piece * (SIZE // len(piece))


def numbered(piece: str, most: int = SIZE) -> str:
    """`piece` over and over with another number for each ``%``."""
    parts, size, number = [], 0, 0
    while size < SIZE and number < most:
        parts.append(piece.replace("%", str(number)))
        size, number = size + len(parts[-1]), number + 1
    return "".join(parts)


def referring(definition: str, use: str) -> str:
    """Half of it one definition, the other half references to it."""
    return definition + "\n\n" + use * (SIZE // 2 // len(use))


def table(columns: int, row: str) -> str:
    head = "|".join("a" * columns) + "\n" + "|".join("-" * columns) + "\n"
    return head + row * ((SIZE - len(head)) // len(row))


TEXTS: Mapping[str, Callable[[], str]] = {
    # References
    "one long address": lambda: referring("[a]: http://e.org/" + "x" * 60_000, "[a] "),
    "one long title": lambda: referring("[a]: b '" + "x" * 60_000 + "'", "[a] "),
    "one long title of lines": lambda: referring("[a]: b '" + "x\n" * 30_000 + "'", "[a] "),
    "one long address, collapsed": lambda: referring("[a]: http://e.org/" + "x" * 60_000, "[a][] "),
    "one long address, full": lambda: referring("[a]: http://e.org/" + "x" * 60_000, "[b][a] "),
    "one long address, pictures": lambda: referring("[a]: http://e.org/" + "x" * 60_000, "![a] "),
    "one long address, nested": lambda: referring("[a]: http://e.org/" + "x" * 60_000, "[[a]][a] "),
    "one long address, of other letters": lambda: referring("[a]: http://e.org/" + "ق" * 10_000, "[a] "),
    "one long address, in a table": lambda: "[a]: http://e.org/" + "x" * 60_000 + "\n\n" + table(100, "[a]|" * 50 + "\n"),
    "ten long addresses": lambda: "".join(f"[a{n}]: http://e.org/{'x' * 6000}\n" for n in range(10)) + numbered("[a%] ", 10) * 1200,
    "many definitions": lambda: numbered("[%]: x\n"),
    "many definitions of one name": lambda: many("[a]: x\n"),
    "many definitions and uses": lambda: numbered("[%]: x\n", 5000) + "\n" + numbered("[%] ", 8000),
    "definitions with open titles": lambda: numbered("[%]: x '\n"),
    "definitions with open brackets": lambda: numbered("[%]: x (\n"),
    "definitions with titles of lines": lambda: numbered('[%]: x "\n\\"\n'),
    "a name of lines": lambda: "[" + "a\n" * 59_000 + "]: x",
    "names without an end": lambda: many("[a\n"),
    "definitions without an address": lambda: many("[a]:\n"),
    "references to nothing": lambda: many("[a][b]"),
    "a definition in quotes": lambda: numbered("> [%]: x\n"),
    # Brackets
    "opening brackets": lambda: many("["),
    "closing brackets": lambda: many("]"),
    "nested brackets": lambda: "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "nested brackets with an address": lambda: "[" * (SIZE // 2) + "](a)" * (SIZE // 8),
    "links in links": lambda: many("[a]("),
    "links in pictures": lambda: many("![[]()"),
    "open links with titles": lambda: many("[a](b '"),
    "open addresses": lambda: many("[a](<b"),
    "parentheses in an address": lambda: "[a](" + "(" * SIZE,
    "pictures": lambda: many("!["),
    "pictures in pictures": lambda: "![" * (SIZE // 6) + "](a)" * (SIZE // 6),
    "brackets and stars": lambda: many("[*a "),
    "brackets and backticks": lambda: many("[`"),
    # Emphasis
    "stars": lambda: many("*"),
    "stars apart": lambda: many("* "),
    "stars and words": lambda: many("*a **b "),
    "stars that open": lambda: many("a**b"),
    "stars on both sides": lambda: many("*a_ "),
    "underscores": lambda: many("_a __b "),
    "nested emphasis": lambda: "*a " * (SIZE // 6) + " a*" * (SIZE // 6),
    "nested strong": lambda: "**a " * (SIZE // 8) + " a**" * (SIZE // 8),
    "tildes": lambda: many("~~a "),
    "runs of stars": lambda: numbered("%").replace("1", "*"),
    "runs of three lengths": lambda: many("a***b **c *d "),
    "alternating marks": lambda: many("*_"),
    # Blocks
    "nested quotes": lambda: many(">") + "x",
    "nested quotes in lines": lambda: "".join(">" * n + "x\n" for n in range(485)),
    "quotes": lambda: many("> a\n"),
    "lazy quotes": lambda: "> " * 50 + many("a\n"),
    "nested lists": lambda: "".join("  " * n + "- x\n" for n in range(340)),
    "nested lists in a line": lambda: many("- "),
    "nested numbers in a line": lambda: many("1. "),
    "lists in quotes": lambda: many("> - "),
    "items": lambda: many("- a\n"),
    "items apart": lambda: many("- a\n\n"),
    "empty items": lambda: many("-\n"),
    "items of other signs": lambda: many("- a\n* b\n+ c\n"),
    "numbers": lambda: numbered("%. a\n"),
    "headings": lambda: many("# a\n"),
    "underlined headings": lambda: many("a\n=\n"),
    "rules": lambda: many("---\n"),
    "paragraphs": lambda: many("a\n\n"),
    "lines": lambda: many("a\n"),
    "breaks": lambda: many("a\\\n"),
    "empty lines": lambda: many("\n") + "x",
    "indented code": lambda: many("    a\n\nb\n"),
    "fences": lambda: many("```\n"),
    "open fences in items": lambda: many("- ```\n"),
    "spaces": lambda: many(" ") + "x",
    "tabs": lambda: many("\t") + "x",
    # Tables
    "a wide table": lambda: table(20_000, "|" * 1000 + "\n"),
    "a wide table of short rows": lambda: table(15_000, "x\n"),
    "a table of short rows": lambda: table(250, "x\n"),
    "a long table": lambda: table(2, "x|y\n"),
    "a square table": lambda: table(170, "x|" * 170 + "\n"),
    "many tables": lambda: many("a|b\n-|-\n1|2\n\n"),
    "tables of one row": lambda: many("a|b\n-|-\n"),
    "many wide tables of short rows": lambda: many("|".join("a" * 30) + "\n" + "|".join("-" * 30) + "\nx\n\n"),
    "pipes": lambda: many("|"),
    "a table's head alone": lambda: many("a|b\n"),
    "escaped pipes": lambda: table(2, "\\|" * 500 + "\n"),
    # Code, HTML, entities
    "backticks": lambda: "".join("`" * n + " " for n in range(485)),
    "backticks of one length": lambda: many("`a "),
    "backticks that do not close": lambda: many("``a`b"),
    "angles": lambda: many("<"),
    "open tags": lambda: many("<a "),
    "open attributes": lambda: many("<a b='"),
    "tags": lambda: many("<b>"),
    "comments": lambda: many("<!--"),
    "declarations": lambda: many("<!A "),
    "instructions": lambda: many("<?"),
    "CDATA": lambda: many("<![CDATA["),
    "comments in a line": lambda: many("a <!--"),
    "declarations in a line": lambda: many("a <!A "),
    "instructions in a line": lambda: many("a <?"),
    "CDATA in a line": lambda: many("a <![CDATA["),
    "open addresses in angles": lambda: many("<a:"),
    "open mail addresses in angles": lambda: many("<a@"),
    "open scripts": lambda: many("a <script> "),
    "HTML blocks": lambda: many("<div>\n\n"),
    "ampersands": lambda: many("&"),
    "entities": lambda: many("&amp;"),
    "long entities": lambda: many("&CounterClockwiseContourIntegral;"),
    "numeric entities": lambda: many("&#x1F600;"),
    "entities of direction": lambda: many("&#x2067;"),
    "quotes of text": lambda: many('"'),
    "backslashes": lambda: many("\\"),
    # Addresses and times
    "addresses": lambda: many("http://a "),
    "addresses in angles": lambda: many("<http://a>"),
    "mail addresses": lambda: many("<a@b.cd>"),
    "one long address in the text": lambda: "http://a/" + "x" * SIZE,
    "closing signs": lambda: "http://a" + ")" * SIZE,
    "addresses in brackets": lambda: many("[http://a](http://b)"),
    "times": lambda: many("[0:01] "),
    "times in plain lines": lambda: many("[0:01]\n"),
    "times with fractions": lambda: many("[99:59:59.999]"),
    # Letters
    "one long word": lambda: many("a"),
    "words": lambda: many("word "),
    "right to left": lambda: many("یک "),
    "isolates": lambda: many("\u2067a"),
    "isolates in items": lambda: many("- \u2067*a*\n"),
    "faces": lambda: many("😀"),
    "marks": lambda: "e" + "\u0301" * SIZE,
    "NUL": lambda: many("\0"),
    "returns": lambda: many("a\r"),
}  # fmt: skip


def measure(names: list[str]) -> None:
    """Prints for each text, as a line of JSON: its name, then the sizes and the nesting of what it becomes."""
    for name in names:
        text = TEXTS[name]()
        _tell(name)
        html = markdown.html(
            text, lambda seconds: f"https://talks.example.org/episodes/a-talk/#t={seconds:g}"
        )
        sizes = len(text), len(html), len(markdown.plain(text, addresses=True)), nesting(html)
        _tell(name, *sizes)


def _tell(name: str, *sizes: int) -> None:
    sys.stdout.write(json.dumps([name, *sizes]) + "\n")
    sys.stdout.flush()


def nesting(html: str) -> int:
    """How many elements lie within each other at the deepest place."""
    steps = (
        0 if tag in ("br", "hr") else -1 if end else 1 for end, tag in re.findall("<(/?)([a-z0-9]+)", html)
    )
    return max(accumulate(steps, initial=0))


if __name__ == "__main__":
    limit, *chosen = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    # Only so that a text without an end fails instead of hanging.
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
    measure(chosen)
