"""Hostile templates: they try to escape the sandbox, to never end or to use all memory."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from publisher.errors import RenderError
from publisher.model import Series
from publisher.render.templates import Templates

SECRET = "SECRET-OF-THIS-MACHINE"

ESCAPES: Mapping[str, str] = {
    "the globals of cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "the globals of joiner": "{{ joiner.__init__.__globals__ }}",
    "the globals of namespace": "{{ namespace.__init__.__globals__ }}",
    "the globals of a word": "{{ _.__globals__ }}",
    "the globals of gettext": "{{ gettext.__globals__ }}",
    "the globals of a macro": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "the globals of range": "{{ range.__globals__ }}",
    "classes of a text": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "classes of a tuple": "{{ ().__class__.__base__ }}",
    "classes by subscript": "{{ ''['__class__'] }}",
    "classes by an attribute's name": "{{ [''] | map(attribute='__class__') | first }}",
    "classes by a group": "{{ (['a'] | groupby('__class__') | first)[0] }}",
    "classes by an order": "{{ ['a', 'b'] | sort(attribute='__class__') }}",
    "classes by the smallest": "{{ ['a', 'b'] | min(attribute='__class__.__name__') }}",
    "classes by a sum": "{{ ['a'] | sum(attribute='__class__') }}",
    "classes by a filter that is gone": "{{ '' | attr('__class__') }}",
    "classes by a format": "{{ '{0.__class__}'.format(1) }}",
    "classes by format_map": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "classes by a choice": "{{ [''] | selectattr('__class__') | list }}",
    "the template itself": "{{ self.__init__.__globals__ }}",
    "the context of the template": "{{ self._TemplateReference__context }}",
    "the loop": "{% for x in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "private names": "{{ language._catalogue }}",
    "the words' catalogue": "{{ language.words.gettext('x') }}",
    "the machine's path": "{{ series.root }}",
    "the machine's path by subscript": "{{ series['root'] }}",
    "the machine's path by an attribute's name": "{{ [series] | map(attribute='root') | first }}",
    "the machine's path in a text": "{{ series.root ~ '' }}",
    "a file": "{{ series.root.joinpath('secret.txt').read_text() }}",
    "a file by division": "{{ (series.root / 'secret.txt').read_text() }}",
    "a file by including": "{% include '../secret.txt' %}",
    "a file by its whole path": "{% include '/etc/passwd' %}",
    "a file by including what is built in": "{% include 'builtin/../../pyproject.toml' %}",
    "a file by importing": "{% import '../secret.txt' as x %}{{ x }}",
    "an object": "{{ series }}",
    "objects": "{{ [series] }}",
    "objects by name": "{{ {'a': series} }}",
    "adding to a list": "{{ [].append(1) }}",
    "changing a dictionary": "{{ {}.update(a=1) }}",
    "changing what is given": "{{ series.people.update(a=1) }}",
    "a type": "{{ dict.fromkeys('ab') }}",
    "the day": "{{ day.today() }}",
    "bytes": "{{ 'a'.encode() }}",
    "another text each time": "{{ [1, 2] | random }}",
    "chance words": "{{ lipsum() }}",
    "all variables": "{{ [] | pprint }}",
    "a variable that is not there": "{{ config }}",
    "text that is not escaped": "{% autoescape false %}{{ title }}{% endautoescape %}",
    "text that is perhaps not escaped": "{% autoescape language.nosuch %}{{ title }}{% endautoescape %}",
    "a part that is not escaped": "{% include 'part.txt' %}",
    "macros that are not escaped": "{% import 'part.txt' as parts %}",
}  # fmt: skip

TWICE = "{% set x = x ~ x %}"

BOMBS: Mapping[str, str] = {
    "a long range": "{% for x in range(10**9) %}a{% endfor %}",
    "ranges in ranges": "{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}",
    "ranges in ranges that say nothing": "{% for x in range(99999) %}{% for y in range(99999) if false %}{% endfor %}{% endfor %}",
    "a long text in a loop": "{% for x in range(99999) %}" + "a" * 100_000 + "{% endfor %}",
    "a long constant in a loop": "{% for x in range(99999) %}{{ '" + "a" * 100_000 + "' }}{% endfor %}",
    "a long text kept in a loop": "{% set x %}{% for x in range(99999) %}" + "a" * 100_000 + "{% endfor %}{% endset %}",
    "a loop in itself": "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "a loop in itself over much": "{% for x in range(9999) recursive %}{{ loop(range(9999)) if loop.depth < 9 }}{% endfor %}",
    "a text times a number": "{{ 'a' * 10**10 }}",
    "a number times a text": "{{ 10**10 * 'a' }}",
    "a list times a number": "{{ ([0] * 10**9) | length }}",
    "a text times numbers": "{% set x = 'a' * 1000 %}{% set x = x * 1000 %}{% set x = x * 1000 %}{{ x }}",
    "a power": "{{ 10 ** 10 ** 10 }}",
    "a power of a power": "{{ (10 ** 1000) ** 1000 }}",
    "squares": "{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}{{ n.x }}",
    "sums of numbers": "{% set n = namespace(x=3) %}{% for i in range(99999) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x % 7 }}",
    "doubled text": "{% set x = 'ab' %}" + TWICE * 60 + "{{ x }}",
    "doubled text in a loop": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "doubled text by adding": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    "doubled text by blocks": "{% set x = 'ab' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60 + "{{ x }}",
    "doubled text by joining": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = [n.x, n.x] | join %}{% endfor %}",
    "doubled text by replacing": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x | replace('a', n.x) %}{% endfor %}",
    "doubled text by a format": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = '%s%s' | format(n.x, n.x) %}{% endfor %}",
    "doubled text by per cent": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = '%s%s' % (n.x, n.x) %}{% endfor %}",
    "doubled text by a word": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = _('%(a)s%(a)s', a=n.x) %}{% endfor %}",
    "doubled text by a translation": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x %}{% trans a=n.x %}{{ a }}{{ a }}{% endtrans %}{% endset %}{% endfor %}",
    "doubled text by a macro": "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = m(n.x) %}{% endfor %}",
    "doubled text by a filter": "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x %}{% filter upper %}{{ n.x }}{{ n.x }}{% endfilter %}{% endset %}{% endfor %}",
    "a text many times in one expression": "{% set x = 'a' * 10**6 %}{{ " + " ~ ".join("x" * 3000) + " }}",
    "many slices in one list": "{% set x = 'a' * 10**6 %}{% set y = [" + ", ".join(["x[1:]"] * 3000) + "] %}",
    "many copies in one list": "{% set x = 'a' * 10**6 %}{% set y = [" + ", ".join(["x | upper"] * 3000) + "] %}",
    "nested lists": "{% set x = ['a'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x | string }}",
    "nested lists compared": "{% set x = ['a'] %}{% set y = ['a'] %}" + "{% set x = [x, x] %}{% set y = [y, y] %}" * 60 + "{{ x == y }}",
    "nested tuples": "{% set x = ('a',) %}" + "{% set x = (x, x) %}" * 60 + "{{ x | string }}",
    "nested dictionaries": "{% set x = {} %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x | tojson }}",
    "nested dictionaries by calling": "{% set x = {} %}" + "{% set x = dict(a=x, b=x) %}" * 60 + "{{ x | string }}",
    "nested views of dictionaries": "{% set x = {} %}" + "{% set x = {'a': x.items(), 'b': x.items()} %}" * 60 + "{{ x | string }}",
    "nested lists in a loop": "{% set n = namespace(x=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | string }}",
    "nested lists by adding": "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "nested lists by parts": "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] | batch(2) | list %}{% endfor %}{{ n.x | string }}",
    "centred": "{{ 'a' | center(10**9) }}",
    "a centred text's method": "{{ 'a'.center(10**9) }}",
    "a padded text": "{{ 'a'.ljust(10**9) }}",
    "zeros": "{{ '1'.zfill(10**9) }}",
    "tabs": "{{ ('\t' * 10**6).expandtabs(1000) }}",
    "centred often": "{{ range(99999) | map('center', 1000) | list | length }}",
    "indented": "{{ ('a\n' * 10**6) | indent(1000) }}",
    "indented by a text": "{% set x = ' ' * 10**6 %}{{ ('a\n' * 10**5) | indent(x) }}",
    "wrapped": "{% set x = 'b' * 10**6 %}{{ ('a ' * 10**5) | wordwrap(1, true, x) }}",
    "replaced": "{% set x = 'b' * 10**6 %}{{ ('a' * 10**5) | replace('a', x) }}",
    "replaced nothing": "{% set x = 'b' * 10**6 %}{{ ('a' * 10**5) | replace('', x) }}",
    "replaced by a method": "{% set x = 'b' * 10**6 %}{{ ('a' * 10**5).replace('a', x) }}",
    "joined": "{% set x = 'b' * 10**6 %}{{ range(99999) | join(x) }}",
    "joined by a method": "{% set x = 'b' * 10**6 %}{{ x.join(('a' * 10**5) | list) }}",
    "joined by a method, as it is made": "{% set x = 'b' * 10**6 %}{{ x.join(range(99999) | map('string')) }}",
    "names": "{{ range(99999) | map('string') | listing }}",
    "parted": "{{ [1] | batch(10**9, 'x') | list | length }}",
    "parted into many": "{{ [1] | slice(10**9) | list | length }}",
    "a list of letters": "{{ ('a' * 10**8) | list | length }}",
    "a list of words": "{{ ('a ' * 10**7).split() | length }}",
    "a wide format": "{{ '%1000000000d' | format(1) }}",
    "a wide format of text": "{{ '%-1000000000s' % 'a' }}",
    "a wide format by an argument": "{{ '%*d' % (10**9, 1) }}",
    "a precise format": "{{ '%.1000000000f' % 1.5 }}",
    "a wide word": "{{ _('%(a)1000000000s', a='x') }}",
    "a format of many": "{% set x = 'b' * 10**6 %}{{ ('%(a)s' * 10**4) % {'a': x} }}",
    "a wide JSON": "{{ [1] | tojson(indent=10**9) }}",
    "a number rounded": "{{ 5 | round(-(10**9), 'floor') }}",
    "sums of lists": "{{ (range(50000) | map('string') | map('list') | list) | sum(start=[]) | length }}",
    "tags taken out": "{{ ('<a>' * 10**6) | striptags | length }}",
    "tags taken out by a method": "{{ (('<a>' * 10**6) | e | safe).striptags() | length }}",
    "much JSON": "{% set x = '<' * 10**7 %}{% for i in range(99) %}{% set y = x | tojson %}{% endfor %}",
    "comparing much": "{% set x = range(99999) | list %}{% set y = range(99999) | list %}{% for i in range(99999) %}{% if x == y %}{% endif %}{% endfor %}",
    "looking for much": "{% set x = range(99999) | list %}{% for i in range(99999) %}{% if i + 99999 in x %}{% endif %}{% endfor %}",
    "looking for much in one expression": "{% set x = range(99999) | list %}{{ " + " or ".join(["-1 in x"] * 20_000) + " }}",
    "sorting much": "{% set x = range(99999) | reverse | list %}{% for i in range(99999) %}{% set y = x | sort %}{% endfor %}",
    "itself included": "{% include 'one.html' %}",
    "itself included twice": "{% include 'one.html' %}{% include 'one.html' %}",
    "itself included in vain": "{% for x in range(99999) %}{% include 'one.html' ignore missing %}{% endfor %}",
    "itself extended": "{% extends 'one.html' %}",
    "itself imported": "{% import 'one.html' as x %}",
    "two that include each other": "{% include 'two.html' %}",
    "a tree of includes": "{% include 'tree0.html' %}{% include 'tree0.html' %}",
    "a macro in itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a macro twice in itself": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "a block in itself": "{% block a %}{{ self.a() }}{% endblock %}",
    "a block twice in itself": "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    "a caller in itself": "{% macro m() %}{{ caller() }}{% endmacro %}{% macro n() %}{% call m() %}{{ n() }}{% endcall %}{% endmacro %}{{ n() }}",
    "brackets": "{{ " + "(" * 5000 + ")" * 5000 + " }}",
    "lists in lists": "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "blocks in blocks": "{% if true %}" * 5000 + "{% endif %}" * 5000,
    "loops in loops": "{% for x in [1, 2] %}" * 40 + "{% endfor %}" * 40,
    "loops within each other": "{% for x in [1, 2] %}" * 15 + "{% for x in range(999) %}{% endfor %}" + "{% endfor %}" * 15,
    "signs of minus": "{{ " + "-" * 50_000 + "1 }}",
    "not, not, not": "{{ " + "not " * 50_000 + "1 }}",
    "a long chain": "{{ 1" + " + 1" * 50_000 + " }}",
    "a long path": "{{ series" + ".title" * 50_000 + " }}",
    "a long row of filters": "{{ 1" + " | string" * 50_000 + " }}",
    "many printed": "{{ title }}" * 20_000,
    "opening signs": "{{" * 120_000,
    "opening comments": "{#" * 120_000,
    "opening blocks": "{%" * 120_000,
    "a raw block that does not end": "{% raw %}" + "{" * 250_000,
    "a number of 10^5 digits": "{{ " + "9" * 100_000 + " }}",
    "a file of 300 kB": "a" * 300_000,
    "a text that becomes a number": "{{ ('9' * 10**6) | int + 1 + nosuch }}",
}  # fmt: skip

MAY_END = ("a power", "sums of numbers", "tags taken out by a method", "many printed")
"""Bombs that may finish within the limits."""

MISTAKES: Mapping[str, str] = {
    "division by zero": "{{ 1/0 }}",
    "whole division by zero": "{{ 1 // 0 }}",
    "rest of zero": "{{ 1 % 0 }}",
    "text and number": "{{ 'a' + 1 }}",
    "text compared with a number": "{{ 'a' < 1 }}",
    "a call of a text": "{{ title() }}",
    "an argument too many": "{{ title | upper(1, 2) }}",
    "a macro's argument too many": "{% macro m() %}{% endmacro %}{{ m(1) }}",
    "a loop over a number": "{% for x in 5 %}{% endfor %}",
    "too few to unpack": "{% for a, b in [1] %}{% endfor %}",
    "an undefined name": "{{ nosuch }}",
    "an undefined attribute": "{{ series.nosuch }}",
    "an attribute of an undefined name": "{{ nosuch.a.b }}",
    "an undefined filter": "{{ title | nosuch }}",
    "an undefined test": "{{ title is nosuch }}",
    "an undefined block": "{{ self.nosuch() }}",
    "a missing include": "{% include 'nosuch.html' %}",
    "missing includes": "{% include ['nosuch.html', 'neither.html'] %}",
    "a missing import": "{% import 'nosuch.html' as x %}",
    "a missing macro": "{% from 'two.html' import nosuch %}{{ nosuch() }}",
    "a missing frame": "{% extends 'nosuch.html' %}",
    "an include of nothing": "{% include none %}",
    "an include of an undefined name": "{% include nosuch %}",
    "a block that does not end": "{% if title %}",
    "an end without a block": "{% endif %}",
    "an unknown tag": "{% nosuch %}",
    "an expression that does not end": "{{ title",
    "an empty expression": "{{ }}",
    "a block twice": "{% block a %}{% endblock %}{% block a %}{% endblock %}",
    "a date of nonsense": "{{ 'x' | day }}",
    "a time of nonsense": "{{ 'x' | clock }}",
    "a size of nonsense": "{{ none | size }}",
    "a number of nonsense": "{{ 'x' | number }}",
    "a word with a place too many": "{{ _('%(a)s %(b)s', a=1) }}",
    "a word with a strange place": "{{ _('100 % of', a=1) }}",
    "a list joined by a number": "{{ 5 | join }}",
    "an attribute of a number": "{{ 5 | map(attribute='x') | list }}",
    "JSON of an object": "{{ series | tojson }}",
    "a strange number": "{{ 'x' | int(base=99) + nosuch }}",
    "infinity": "{{ 1e308 * 10 | int + nosuch }}",
}  # fmt: skip


def series(folder: Path) -> Series:
    return Series("Example Talks", "Talks.", "en", "https://talks.example.org/", "Example Press", folder)


def folder_with(text: str) -> Path:
    """A new series folder with a template `one.html` and others that it can include."""
    folder = Path(tempfile.mkdtemp()) / "series"
    own = folder / "templates"
    own.mkdir(parents=True)
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    (own / "two.html").write_text("{% include 'one.html' %}", encoding="utf-8")
    (own / "part.txt").write_text("{% macro m(x) %}{{ x }}{% endmacro %}{{ title }}", encoding="utf-8")
    for n in range(60):
        (own / f"tree{n}.html").write_text(f"{{% include 'tree{n + 1}.html' %}}" * 2, encoding="utf-8")
    (own / "tree60.html").write_text("x", encoding="utf-8")
    (own / "one.html").write_text("first line\n" + text, encoding="utf-8")
    return folder


def render(text: str) -> str:
    """The rendered text of a template, or its error after ``refused: ``."""
    from datetime import date

    folder = folder_with(text)
    context = {"series": series(folder), "title": "<b>A title</b>", "x": "x", "day": date(2021, 1, 8)}
    try:
        return Templates(folder / "templates").render("one.html", "en", context)
    except RenderError as error:
        return f"refused: {error}"


if __name__ == "__main__":
    limit, table, *chosen = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    # A template that never ends fails instead of hanging.
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
    texts = {"escapes": ESCAPES, "bombs": BOMBS, "mistakes": MISTAKES}[table]
    for name in chosen:
        sys.stdout.write(json.dumps([name]) + "\n")
        sys.stdout.flush()
        sys.stdout.write(json.dumps([name, render(texts[name])[:2000]]) + "\n")
        sys.stdout.flush()
