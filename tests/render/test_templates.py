"""The filters that templates use."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import RenderError
from publisher.render import templates
from publisher.render.templates import Templates


def test_a_hashtag_in_a_title_is_isolated_and_the_rest_escaped(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text("{{ title | tagged }}", encoding="utf-8")
    shown = Templates(tmp_path).render("one.html", "ur", {"title": "گفتگو #SouthAsia & <b> 'x'"})
    assert shown == "گفتگو <bdi>#SouthAsia</bdi> &amp; &lt;b&gt; &#39;x&#39;"


def test_no_line_of_a_title_breaks_within_french_quotes_or_before_its_marks(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text("{{ title | tagged }}", encoding="utf-8")
    shown = Templates(tmp_path).render("one.html", "fr", {"title": "Où va-t-on ? « Nulle part »"})
    assert shown == "Où va-t-on\u00a0? «\u00a0Nulle part\u00a0»"


@pytest.mark.parametrize("dash", ["–", "—", "-", "|"])
def test_no_line_of_a_title_begins_with_a_dash(dash: str, tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text("{{ title | tagged }}", encoding="utf-8")
    shown = Templates(tmp_path).render("one.html", "en", {"title": f"حقوق بشر {dash} گفت‌وگو"})
    assert shown == f"حقوق بشر\u00a0{dash} گفت‌وگو"


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("one\n{{ nosuch }}", r"templates/one\.html:2: 'nosuch' is undefined"),
        ("one\n\n{% endif %}", r"templates/one\.html:3: "),
    ],
)
def test_a_mistake_in_a_template_is_reported_with_its_line(written: str, place: str, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "one.html").write_text(written, encoding="utf-8")
    with pytest.raises(RenderError, match=place):
        Templates(folder).render("one.html", "en", {})


def test_templates_that_another_process_compiled_are_not_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.html").write_text("{{ 1 + 1 }}", encoding="utf-8")
    Templates(tmp_path).render("one.html", "en", {})
    codes = templates.compiled()
    monkeypatch.setattr(templates, "_codes", {})
    templates.use_compiled(codes)
    monkeypatch.setattr("publisher.render.sandbox.Sandbox.compile", None)
    assert Templates(tmp_path).render("one.html", "en", {}) == "2"
