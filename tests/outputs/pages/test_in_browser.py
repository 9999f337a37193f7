"""The pages in a real browser and before two checkers: the Nu HTML checker and axe.

They need node, Java and Chromium, and install three packages in a temporary folder: so they run
with PUBLISHER_TEST_ALL=1 only. PUBLISHER_TEST_TOOLS names a folder that has the packages already.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.context import BuildContext
from publisher.model import Publication
from publisher.outputs.pages import PagesRenderer
from publisher.preview_server import Content, Server
from tests.outputs.pages import samples as pages_samples

PACKAGES = ("playwright-core@1.65.1", "axe-core@4.14.1", "vnu-jar@26.9.27")
PROGRAMS = Path(__file__).parents[2] / "browser"
PIXEL = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\rIDATx\x9cc\xf8\xff\xff?\0\x05\xfe\x02\xfe\xa75\x81\x84\0\0\0\0IEND\xaeB`\x82"
)
MARK = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

SAMPLES = {"whole": pages_samples.publication, "hostile": pages_samples.hostile}


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.environ.get("PUBLISHER_TEST_ALL") != "1":
        pytest.skip("installs packages: set PUBLISHER_TEST_ALL=1")
    for name, path in {
        "node": shutil.which("node"),
        "npm": shutil.which("npm"),
        "Chromium": _chromium(),
    }.items():
        if path is None:
            pytest.skip(f"{name} is not installed")
    given = os.environ.get("PUBLISHER_TEST_TOOLS")
    if given:
        return Path(given)
    where = tmp_path_factory.mktemp("browser")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    subprocess.run(install, cwd=where, check=True, capture_output=True, timeout=300)
    return where


@pytest.fixture(scope="module", params=SAMPLES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("series")
    return request.param, _rendered(SAMPLES[request.param](folder), folder)


def _rendered(publication: Publication, folder: Path) -> Path:
    public = folder / "public"
    for document in PagesRenderer(BuildContext(public, folder)).documents(publication):
        path = public / document.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document.render())
    for release in publication.releases:
        for enclosure in (*release.enclosures, *([release.video] if release.video else [])):
            pages_samples.tone(public / enclosure.path)
    return public


@pytest.fixture
def address(site: tuple[str, Path]) -> Iterator[str]:
    _, public = site

    def find(name: str) -> Content | None:
        path = (public / name).resolve()
        if path.is_file() and path.is_relative_to(public.resolve()):
            return path
        # The pictures are drawn by another renderer; here they only have to be there.
        return {".jpg": PIXEL, ".png": PIXEL, ".svg": MARK}.get(path.suffix)

    class Quiet(Server):
        def content(self, path: str) -> tuple[str, Content] | None:
            name = path.removeprefix(self.prefix) + ("index.html" if path.endswith("/") else "")
            found = self.find(name)
            return None if found is None else (name, found)

    server = Quiet(0, "/base/", find, lambda: "")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.address
    server.shutdown()
    server.server_close()


def _node(tools: Path, program: str, *arguments: str) -> Any:
    command = ["node", str(_copied(tools, program)), *arguments]
    result = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=500, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def _copied(tools: Path, program: str) -> Path:
    # Node looks for packages from where a program lies.
    return Path(shutil.copy(PROGRAMS / program, tools / program))


def _pages(public: Path) -> list[str]:
    found = sorted(path.relative_to(public).as_posix() for path in public.rglob("*.html"))
    return [path.removesuffix("index.html") for path in found]


def test_the_nu_checker_finds_no_error(tools: Path, site: tuple[str, Path]) -> None:
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    jar = tools / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--errors-only", "--skip-non-html", str(site[1])]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_axe_finds_no_violation_at_both_widths_in_both_themes(
    tools: Path, site: tuple[str, Path], address: str
) -> None:
    assert _node(tools, "accessibility.mjs", address, _chromium() or "", *_pages(site[1])) == []


def test_readers_can_do_everything(tools: Path, site: tuple[str, Path], address: str) -> None:
    if site[0] != "whole":
        pytest.skip("the words that are looked for are those of the whole sample")
    seen = _node(tools, "interaction.mjs", address, _chromium() or "", str(site[1]))
    done = "waits shared chapter marked note turn follows keys space native urdu nastaliq naskh"
    done += (
        " listed next last previous mute poster film filmChapter sound both menu menuClosed searchFromDisk"
    )
    assert [name for name in done.split() if seen[name] is not True] == []
    assert (seen["console"], seen["foreign"], seen["idle"], seen["kept"], seen["dead"]) == ([], [], 0, 0, 0)
    assert seen["found"] == "1 of 1"
    assert seen["share"].startswith("https://talks.example.org/base/episodes/whole/#t=0:2")
    assert seen["volume"] == 0.5
    # Another renderer writes the feed.
    assert seen["fromDisk"] == ["feed.xml"] and seen["pagesFromDisk"] > 15
    assert max(seen["ends"]) <= 520
    assert (seen["speed"], seen["margins"]) == ("۱×", 1)
    assert seen["remembered"].startswith("Continue at 0:4")
    assert {"play", "back", "forward", "speed", "share"} <= set(seen["reached"])
    assert (
        "perpendicular" in seen["words"] and "عمودی" in seen["words"] and "Here it begins." in seen["words"]
    )
    assert "Transcript at 0:10" in seen["results"][0]
    assert seen["landed"].endswith("#t=0:10")
    assert seen["video"].startswith("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?")
    assert seen["video"].endswith("&start=20")
