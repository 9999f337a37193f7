"""Markdown texts of about 120 kB that are as expensive to render as possible."""

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


def repeat(part: str) -> str:
    """`piece` repeated up to `SIZE`."""
    return part * (SIZE // len(part))


def numbered(part: str, limit: int = SIZE) -> str:
    """`piece` repeated up to `SIZE`, with a running number for each ``%``."""
    parts, size, number = [], 0, 0
    while size < SIZE and number < limit:
        parts.append(part.replace("%", str(number)))
        size, number = size + len(parts[-1]), number + 1
    return "".join(parts)


def definition_and_uses(definition: str, use: str) -> str:
    """A definition followed by references to it, which fill half of `SIZE`."""
    return definition + "\n\n" + use * (SIZE // 2 // len(use))


def table(columns: int, row: str) -> str:
    head = "|".join("a" * columns) + "\n" + "|".join("-" * columns) + "\n"
    return head + row * ((SIZE - len(head)) // len(row))


TEXTS: Mapping[str, Callable[[], str]] = {
    # References
    "one long address": lambda: definition_and_uses("[a]: http://e.org/" + "x" * 60_000, "[a] "),
    "one long title": lambda: definition_and_uses("[a]: b '" + "x" * 60_000 + "'", "[a] "),
    "one long title of lines": lambda: definition_and_uses("[a]: b '" + "x\n" * 30_000 + "'", "[a] "),
    "one long address, collapsed": lambda: definition_and_uses("[a]: http://e.org/" + "x" * 60_000, "[a][] "),
    "one long address, full": lambda: definition_and_uses("[a]: http://e.org/" + "x" * 60_000, "[b][a] "),
    "one long address, pictures": lambda: definition_and_uses("[a]: http://e.org/" + "x" * 60_000, "![a] "),
    "one long address, nested": lambda: definition_and_uses("[a]: http://e.org/" + "x" * 60_000, "[[a]][a] "),
    "one long address, of other letters": lambda: definition_and_uses("[a]: http://e.org/" + "ق" * 10_000, "[a] "),
    "one long address, in a table": lambda: "[a]: http://e.org/" + "x" * 60_000 + "\n\n" + table(100, "[a]|" * 50 + "\n"),
    "ten long addresses": lambda: "".join(f"[a{n}]: http://e.org/{'x' * 6000}\n" for n in range(10)) + numbered("[a%] ", 10) * 1200,
    "many definitions": lambda: numbered("[%]: x\n"),
    "many definitions of one name": lambda: repeat("[a]: x\n"),
    "many definitions and uses": lambda: numbered("[%]: x\n", 5000) + "\n" + numbered("[%] ", 8000),
    "definitions with open titles": lambda: numbered("[%]: x '\n"),
    "definitions with open brackets": lambda: numbered("[%]: x (\n"),
    "definitions with titles of lines": lambda: numbered('[%]: x "\n\\"\n'),
    "a name of lines": lambda: "[" + "a\n" * 59_000 + "]: x",
    "names without an end": lambda: repeat("[a\n"),
    "definitions without an address": lambda: repeat("[a]:\n"),
    "references to nothing": lambda: repeat("[a][b]"),
    "a definition in quotes": lambda: numbered("> [%]: x\n"),
    # Brackets
    "opening brackets": lambda: repeat("["),
    "closing brackets": lambda: repeat("]"),
    "nested brackets": lambda: "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "nested brackets with an address": lambda: "[" * (SIZE // 2) + "](a)" * (SIZE // 8),
    "links in links": lambda: repeat("[a]("),
    "links in pictures": lambda: repeat("![[]()"),
    "open links with titles": lambda: repeat("[a](b '"),
    "open addresses": lambda: repeat("[a](<b"),
    "parentheses in an address": lambda: "[a](" + "(" * SIZE,
    "pictures": lambda: repeat("!["),
    "pictures in pictures": lambda: "![" * (SIZE // 6) + "](a)" * (SIZE // 6),
    "brackets and stars": lambda: repeat("[*a "),
    "brackets and backticks": lambda: repeat("[`"),
    # Emphasis
    "stars": lambda: repeat("*"),
    "stars apart": lambda: repeat("* "),
    "stars and words": lambda: repeat("*a **b "),
    "stars that open": lambda: repeat("a**b"),
    "stars on both sides": lambda: repeat("*a_ "),
    "underscores": lambda: repeat("_a __b "),
    "nested emphasis": lambda: "*a " * (SIZE // 6) + " a*" * (SIZE // 6),
    "nested strong": lambda: "**a " * (SIZE // 8) + " a**" * (SIZE // 8),
    "tildes": lambda: repeat("~~a "),
    "runs of stars": lambda: numbered("%").replace("1", "*"),
    "runs of three lengths": lambda: repeat("a***b **c *d "),
    "alternating marks": lambda: repeat("*_"),
    # Blocks
    "nested quotes": lambda: repeat(">") + "x",
    "nested quotes in lines": lambda: "".join(">" * n + "x\n" for n in range(485)),
    "quotes": lambda: repeat("> a\n"),
    "lazy quotes": lambda: "> " * 50 + repeat("a\n"),
    "nested lists": lambda: "".join("  " * n + "- x\n" for n in range(340)),
    "nested lists in a line": lambda: repeat("- "),
    "nested numbers in a line": lambda: repeat("1. "),
    "lists in quotes": lambda: repeat("> - "),
    "items": lambda: repeat("- a\n"),
    "items apart": lambda: repeat("- a\n\n"),
    "empty items": lambda: repeat("-\n"),
    "items of other signs": lambda: repeat("- a\n* b\n+ c\n"),
    "numbers": lambda: numbered("%. a\n"),
    "headings": lambda: repeat("# a\n"),
    "underlined headings": lambda: repeat("a\n=\n"),
    "rules": lambda: repeat("---\n"),
    "paragraphs": lambda: repeat("a\n\n"),
    "lines": lambda: repeat("a\n"),
    "breaks": lambda: repeat("a\\\n"),
    "empty lines": lambda: repeat("\n") + "x",
    "indented code": lambda: repeat("    a\n\nb\n"),
    "fences": lambda: repeat("```\n"),
    "open fences in items": lambda: repeat("- ```\n"),
    "spaces": lambda: repeat(" ") + "x",
    "tabs": lambda: repeat("\t") + "x",
    # Tables
    "a wide table": lambda: table(20_000, "|" * 1000 + "\n"),
    "a wide table of short rows": lambda: table(15_000, "x\n"),
    "a table of short rows": lambda: table(250, "x\n"),
    "a long table": lambda: table(2, "x|y\n"),
    "a square table": lambda: table(170, "x|" * 170 + "\n"),
    "many tables": lambda: repeat("a|b\n-|-\n1|2\n\n"),
    "tables of one row": lambda: repeat("a|b\n-|-\n"),
    "many wide tables of short rows": lambda: repeat("|".join("a" * 30) + "\n" + "|".join("-" * 30) + "\nx\n\n"),
    "pipes": lambda: repeat("|"),
    "a table's head alone": lambda: repeat("a|b\n"),
    "escaped pipes": lambda: table(2, "\\|" * 500 + "\n"),
    # Code, HTML, entities
    "backticks": lambda: "".join("`" * n + " " for n in range(485)),
    "backticks of one length": lambda: repeat("`a "),
    "backticks that do not close": lambda: repeat("``a`b"),
    "angles": lambda: repeat("<"),
    "open tags": lambda: repeat("<a "),
    "open attributes": lambda: repeat("<a b='"),
    "tags": lambda: repeat("<b>"),
    "comments": lambda: repeat("<!--"),
    "declarations": lambda: repeat("<!A "),
    "instructions": lambda: repeat("<?"),
    "CDATA": lambda: repeat("<![CDATA["),
    "comments in a line": lambda: repeat("a <!--"),
    "declarations in a line": lambda: repeat("a <!A "),
    "instructions in a line": lambda: repeat("a <?"),
    "CDATA in a line": lambda: repeat("a <![CDATA["),
    "open addresses in angles": lambda: repeat("<a:"),
    "open mail addresses in angles": lambda: repeat("<a@"),
    "open scripts": lambda: repeat("a <script> "),
    "HTML blocks": lambda: repeat("<div>\n\n"),
    "ampersands": lambda: repeat("&"),
    "entities": lambda: repeat("&amp;"),
    "long entities": lambda: repeat("&CounterClockwiseContourIntegral;"),
    "numeric entities": lambda: repeat("&#x1F600;"),
    "entities of direction": lambda: repeat("&#x2067;"),
    "quotes of text": lambda: repeat('"'),
    "backslashes": lambda: repeat("\\"),
    # Addresses and times
    "addresses": lambda: repeat("http://a "),
    "addresses in angles": lambda: repeat("<http://a>"),
    "mail addresses": lambda: repeat("<a@b.cd>"),
    "one long address in the text": lambda: "http://a/" + "x" * SIZE,
    "closing signs": lambda: "http://a" + ")" * SIZE,
    "addresses in brackets": lambda: repeat("[http://a](http://b)"),
    "times": lambda: repeat("[0:01] "),
    "times in plain lines": lambda: repeat("[0:01]\n"),
    "times with fractions": lambda: repeat("[99:59:59.999]"),
    # Letters
    "one long word": lambda: repeat("a"),
    "words": lambda: repeat("word "),
    "right to left": lambda: repeat("یک "),
    "isolates": lambda: repeat("\u2067a"),
    "isolates in items": lambda: repeat("- \u2067*a*\n"),
    "faces": lambda: repeat("😀"),
    "marks": lambda: "e" + "\u0301" * SIZE,
    "NUL": lambda: repeat("\0"),
    "returns": lambda: repeat("a\r"),
}  # fmt: skip


def measure(names: list[str]) -> None:
    """Prints two JSON rows for each text: its name before rendering; its name, sizes and nesting afterwards."""
    for name in names:
        text = TEXTS[name]()
        _print_row(name)
        html = markdown.html(
            text, lambda seconds: f"https://talks.example.org/episodes/a-talk/#t={seconds:g}"
        )
        sizes = len(text), len(html), len(markdown.plain(text, addresses=True)), nesting(html)
        _print_row(name, *sizes)


def _print_row(name: str, *sizes: int) -> None:
    sys.stdout.write(json.dumps([name, *sizes]) + "\n")
    sys.stdout.flush()


def nesting(html: str) -> int:
    """The maximum depth of nested elements."""
    steps = (
        0 if tag in ("br", "hr") else -1 if end else 1 for end, tag in re.findall("<(/?)([a-z0-9]+)", html)
    )
    return max(accumulate(steps, initial=0))


if __name__ == "__main__":
    limit, *names = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    # An endless rendering must fail instead of hanging.
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
    measure(names)
