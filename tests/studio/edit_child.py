"""Edits a talk in a loop and prints the number of each accepted edit, until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from publisher.studio.catalogue_edits import Change, apply_edit
from publisher.studio.notes import apply_notes

root = Path(sys.argv[1])
number = int(sys.argv[2])
while True:
    chapters = [{"at": "0:00", "title": "Welcome"}, {"at": "5:00", "title": f"Edit {number}"}]
    seen = [*chapters[:1], {"at": "5:00", "title": f"Edit {number - 1}"}]
    topics = [Change("topics", None, [f"T{number}"]), Change("chapters", seen, chapters)]
    assert apply_edit(root, "a", topics).is_accepted
    lines = "".join(f"Line {line}.\n" for line in range(number))
    assert apply_notes(root, "a", lines, f"{lines}Line {number}.\n").is_accepted
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
    number += 1
