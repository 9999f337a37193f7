"""``publisher schema``: writes a JSON Schema of the catalogue, with which editors check and complete it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from publisher import files
from publisher.catalogue.json_schema import catalogue_schema, included_schema
from publisher.catalogue.starter import SCHEMA_FILE
from publisher.cli import console, options, session


@click.command("schema")
@click.option("--included", is_flag=True, help="The schema of the files that `include` names.")
@click.option("--write", is_flag=True, help=f"Write it to {SCHEMA_FILE} beside the catalogue.")
@options.common
def command(included: bool, write: bool, directory: Path | None, as_json: bool) -> int:
    """Print a JSON Schema of the catalogue, with which editors check and complete it."""
    text = schema_text(included=included)
    if not write:
        click.echo(text, nl=False)
        return 0
    root = session.find_root(directory)
    session.require_catalogue(root)
    path = root / (SCHEMA_FILE.replace("episodes", "episode") if included else SCHEMA_FILE)
    is_changed = files.write_if_changed(path, text.encode())
    if as_json:
        options.print_json({"file": str(path), "changed": is_changed})
        return 0
    console.print_line(f"{path.name} is {'written' if is_changed else 'up to date'}.", "good")
    first = "the first line of each included file" if included else "the first line of episodes.toml"
    console.print_line(f"Editors use it if {first} is  #:schema ./{path.name}  (with the path from there).")
    return 0


def schema_text(*, included: bool = False) -> str:
    """The schema as the text of a JSON file."""
    document = included_schema() if included else catalogue_schema()
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
