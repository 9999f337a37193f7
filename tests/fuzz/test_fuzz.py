"""Chance against everything that reads strangers' words. `make fuzz` tries for minutes (``FUZZ_EXAMPLES``)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.finds import FINDS
from tests.fuzz.targets import TARGETS, WORDS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
UNHURRIED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def put_together(name: str) -> st.SearchStrategy[bytes]:
    words = st.one_of(st.sampled_from(WORDS[name]), st.text(max_size=4))
    made = st.lists(words, max_size=60).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))
    return st.one_of(made, made, st.binary(max_size=400))


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_is_answered(name: str) -> None:
    @UNHURRIED
    @given(put_together(name))
    def tried(content: bytes) -> None:
        TARGETS[name](content)

    tried()


@pytest.mark.parametrize(("name", "content"), FINDS)
def test_what_was_found_once_is_answered_now(name: str, content: bytes) -> None:
    TARGETS[name](content)
