"""Styles, scripts, icons and the manifest: what pages load, all from the site itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import BytesIO

from publisher import addresses
from publisher.outputs.pages.stage import Stage
from publisher.plan import Document

ICONS = (192, 512)
"""Sides of the icons a home screen asks for, px."""

SCRIPTS = ("pages", "player", "search")


def assets(stage: Stage) -> Iterator[Document]:
    yield stage.document("assets/style.css", stage.style_version, lambda: _style(stage))
    for name in SCRIPTS:
        yield stage.document(f"assets/{name}.js", [], partial(_script, stage, name))
    yield stage.document("assets/feed-qr.svg", [], lambda: _code(stage))
    yield stage.document("assets/site.webmanifest", stage.style_version, lambda: _manifest(stage))


def _style(stage: Stage) -> str:
    parts = ("assets/style.css", "assets/own.css")
    colours = {"palette": stage.palette}
    return "".join(stage.templates.render(part, stage.language, colours) for part in parts)


def _script(stage: Stage, name: str) -> str:
    return stage.templates.text(f"assets/{name}.js")


def _code(stage: Stage) -> str:
    """The QR code of the feed's address, dark on white with its quiet zone."""
    import segno

    out = BytesIO()
    code = segno.make(stage.series.feed_url, error="m", micro=False)
    code.save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue().decode("utf-8")


def _manifest(stage: Stage) -> str:
    series = stage.series
    content = {
        "name": series.title,
        "short_name": series.title[:24],
        "lang": series.language,
        "dir": stage.direction(series.language),
        "start_url": "../",
        "scope": "../",
        "display": "minimal-ui",
        "theme_color": stage.palette.light["band"],
        "background_color": stage.palette.light["paper"],
        "icons": [
            {"src": _beside(addresses.mark(size)), "sizes": f"{size}x{size}", "type": "image/png"}
            for size in ICONS
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _beside(path: str) -> str:
    return path.removeprefix("assets/")
