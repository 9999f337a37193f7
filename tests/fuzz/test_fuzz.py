"""Random inputs for every parser. `make fuzz` tries more of them (``FUZZ_EXAMPLES`` for each target)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import DICTIONARIES, TARGETS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)

REGRESSIONS: tuple[tuple[str, bytes], ...] = (
    ("catalogue", b""),
    ("notes", b""),
    # A text that ends in "<" just before the next cue's speaker is not markup.
    ("transcript", b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>x <\n"),
    # A time as a link label, and as a link destination.
    ("notes", b"[0:01]: 010:01\n\nAt [0:01]."),
    ("notes", b"[x](010:01)"),
    ("notes", b"[0:01]<![CDATA[]([0:01])"),
)
"""Inputs for which fuzzing once found an error, each with its target."""


def inputs_for(name: str) -> st.SearchStrategy[bytes]:
    tokens = st.one_of(st.sampled_from(DICTIONARIES[name]), st.text(max_size=4))
    composed = st.lists(tokens, max_size=60).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    )
    return st.one_of(composed, composed, st.binary(max_size=400))


@pytest.mark.parametrize("name", TARGETS)
def test_random_input_raises_no_unexpected_error(name: str) -> None:
    @SETTINGS
    @given(inputs_for(name))
    def check(content: bytes) -> None:
        TARGETS[name](content)

    check()


@pytest.mark.parametrize(("name", "content"), REGRESSIONS)
def test_inputs_that_once_failed_raise_no_error(name: str, content: bytes) -> None:
    TARGETS[name](content)
