"""The filters that templates use."""

from __future__ import annotations

from pathlib import Path

from publisher.render.templates import Templates


def test_a_hashtag_in_a_title_is_isolated_and_the_rest_escaped(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text("{{ title | tagged }}", encoding="utf-8")
    shown = Templates(tmp_path).render("one.html", "ur", {"title": "گفتگو #SouthAsia & <b> 'x'"})
    assert shown == "گفتگو <bdi>#SouthAsia</bdi> &amp; &lt;b&gt; &#39;x&#39;"
