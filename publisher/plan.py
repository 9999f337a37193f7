"""The nouns of a release: what should exist, what is to be done about it, who does it.

Makers declare *items* (what should exist, and everything it is made from, by name); renderers
declare *documents* (a path and a key over all they show). `decide` turns both into *steps*,
`run` carries them out. There is no dry-run branch anywhere: the plan is the dry run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from publisher.model import Facts, Publication, Receipt, Release, Series
from publisher.progress import Progress

Action = Literal["make", "update", "remove", "find"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that should exist: one output of one talk, and all it is made from.

    `inputs` maps each input's name, in a producer's words, to its fingerprint. Those named in
    `light` can change without the work being done anew: the maker updates what it made.
    """

    output: str
    episode: str
    inputs: Mapping[str, str]
    light: frozenset[str] = frozenset()
    made_for: str | None = None
    """The output for whose sake alone it is made (see `MADE_FOR`); None: for everybody to see."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `episode` is None where it concerns the whole series."""

    output: str
    episode: str | None
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    cost: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    day: int = 1
    """The day on which a budget allows it: 1 is today, and only that is carried out."""
    needs: str | None = None
    """The output of the same talk that this one is made of, and that has to be there before."""
    given: Facts = field(default_factory=dict)
    """What the output in `needs` learnt; empty until the step is carried out."""
    made_for: str | None = None
    """As of its item."""


RemarkKind = Literal["drift", "conflict", "gone", "waiting", "unseen", "trouble", "withheld", "stripped"]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a plan leaves as it is, and why.

    drift: changed elsewhere, and kept. conflict: changed in both places, a person chooses.
    gone: what was made is not there any more. waiting: done by a later release. unseen: nobody
    is logged in to look. trouble: looking failed. withheld: waits for a guest's consent.
    stripped: what a recording says about itself and what is left out of everything published.
    `changes` names what it is about, `ours` and `theirs` show both sides.
    """

    output: str
    episode: str | None
    kind: RemarkKind
    text: str
    changes: tuple[str, ...] = ()
    ours: str | None = None
    theirs: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a maker hands back: the facts it learnt, and the paths under public/ that it replaced."""

    facts: Facts
    replaced: tuple[str, ...] = ()


class Maker(Protocol):
    """Makes what is dear and cannot be computed: an encoding, an upload."""

    name: str
    remote: bool
    """Whether its acts leave this machine: then an open receipt goes before each."""

    def items(self, series: Series, now: datetime) -> Iterable[Item]:
        """What should exist, in the order in which it is to be made. Pure."""

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """What a step takes, by unit (``{"seconds of sound": 3600}``). Pure."""

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[Facts], None],
        progress: Progress,
    ) -> Made:
        """Carries `step` out and says what came of it.

        `receipt` is what stands from before; `keep` writes facts into the open receipt while
        the work is under way. Raises PublisherError; then nothing half-made is left in public/.
        """

    def stop(self) -> None:
        """Ends at once whatever is under way, child processes included; `make` then raises."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file under public/ that can be rendered at any time.

    `path` is relative to public/. `key` is the fingerprint of everything `render` shows: equal
    keys, equal bytes.
    """

    path: str
    key: str
    render: Callable[[], bytes]


class Renderer(Protocol):
    """Renders what is cheap: documents that are functions of the publication."""

    name: str

    def documents(self, publication: Publication) -> Iterable[Document]:
        """Every document that should exist. Cheap: nothing is rendered before it is asked for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a release is limited to: talks by slug and outputs by name; None is everything."""

    episodes: frozenset[str] | None = None
    outputs: frozenset[str] | None = None

    def takes(self, output: str, episode: str | None = None) -> bool:
        """Whether a step is within the selection; what concerns the whole series always is."""
        by_output = self.outputs is None or output in self.outputs
        return by_output and (self.episodes is None or episode is None or episode in self.episodes)


EVERYTHING = Selection()

RENDERED_FOR: Mapping[str, tuple[str, ...]] = {
    "pages": ("images", "pages"),
    "feed": ("images", "chapters", "transcripts", "feed"),
}
"""The renderers whose documents an output needs to be whole, by the output's name."""


MADE_FOR: Mapping[str, str] = {"video": "youtube"}
"""Outputs that may be made only for another one, by name.

Then they are made when a step of that one needs them, lie below .publisher/ and are let go when it
is done; nobody else sees them. What is published as well serves for both, and stays.
"""


def shown_by(publication: Publication, renderer: str) -> Publication:
    """What of a publication one renderer may show: the talks that go to a place it renders for."""
    places = [place for place, names in RENDERED_FOR.items() if renderer in names]
    if not places:
        return publication

    def goes(release: Release) -> bool:
        return not all(place in release.episode.withheld for place in places)

    return replace(
        publication,
        releases=tuple(filter(goes, publication.releases)),
        withdrawn=tuple(one for one in publication.withdrawn if any(place in one.places for place in places)),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a release, in the order in which they are carried out.

    `later` are those that today's budget does not allow, `remarks` what stays as it is.
    """

    steps: tuple[Step, ...]
    later: tuple[Step, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def of(self, output: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.output == output)


@runtime_checkable
class Observer(Protocol):
    """A maker whose work depends on what stands elsewhere: it looks there, then decides by itself."""

    def observe(self, series: Series, receipts: Mapping[str, Receipt], now: datetime) -> object:
        """What stands there now. `receipts` are its own, by slug. Never raises for a failing network."""

    def plan(self, series: Series, receipts: Mapping[str, Receipt], observed: object, now: datetime) -> Plan:
        """What there is to do. Pure: `observed` is what `observe` gave, None where nobody looked."""
