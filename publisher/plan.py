"""The nouns of a release: what should exist, what is to be done about it, who does it.

Makers declare *items* (what should exist, and everything it is made from, by name); renderers
declare *documents* (a path and a key over all they show). `decide` turns both into *steps*,
`run` carries them out. There is no dry-run branch anywhere: the plan is the dry run.

A plan begins with *changes* of the ledger (a lock, a new slug) and with *retractions*: steps that
hide or remove something. They depend on no other step and are attempted whatever else fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from publisher.ledger import WithdrawalLock
from publisher.model import AnyFacts, Publication, Receipt, Series
from publisher.progress import Progress

Action = Literal["make", "update", "hide", "remove", "resume"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that should exist: one output of one talk, and all it is made from.

    `inputs` maps each input's name, in a producer's words, to its fingerprint. Those named in
    `light` can change without the work being done anew: the maker updates what it made.
    """

    output: str
    episode: str
    inputs: Mapping[str, str]
    retag_inputs: frozenset[str] = frozenset()
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
    depends_on: str | None = None
    """The output of the same talk that this one is made of, and that has to be there before."""
    upstream_facts: AnyFacts | None = None
    """The facts of the output in `needs`; None until the step is carried out."""
    made_for: str | None = None
    """As of its item."""
    retracts: bool = False
    """Whether it takes back what may not be seen: such steps come first and wait for nothing."""
    edits: tuple[str, ...] = ()
    """Of a retraction: the shared documents under public/ that mention the talk, which stay without it."""
    superseded: bool = False
    """Whether it removes what a step of the same talk and output replaces, even if that one fails."""

    @property
    def is_local(self) -> bool:
        """Whether it changes files of this machine only."""
        return self.action != "hide"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The ledger is to hold that a talk was taken back."""

    slug: str
    lock: WithdrawalLock


@dataclass(frozen=True, slots=True)
class Restore:
    """A withdrawal is to be taken back."""

    slug: str


@dataclass(frozen=True, slots=True)
class Rename:
    """A talk is to have another slug: its receipts, its folder, its entry in the catalogue."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AcceptIdentity:
    """Published talks and feed are to have the guids, dates and address that the catalogue says."""


LedgerChange = Withdraw | Restore | Rename | AcceptIdentity
"""What a plan writes into the ledger before it does anything else."""


NoticeKind = Literal[
    "drift", "conflict", "gone", "waiting", "unseen", "trouble", "withheld", "stripped", "replaced"
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a plan leaves as it is, and why.

    drift: changed elsewhere, and kept. conflict: changed in both places, a person chooses.
    gone: what was made is not there any more. waiting: done by a later release. unseen: nobody
    is logged in to look. trouble: looking failed. withheld: waits for a guest's consent.
    stripped: what a recording says about itself and what is left out of everything published.
    replaced: a file stays at its old address for some days.
    `changes` names what it is about, `ours` and `theirs` show both sides.
    """

    output: str
    episode: str | None
    kind: NoticeKind
    text: str
    changes: tuple[str, ...] = ()
    ours: str | None = None
    theirs: str | None = None


@dataclass(frozen=True, slots=True)
class MakeResult:
    """What a maker hands back: the facts it learnt, and the paths under public/ that it replaced."""

    facts: AnyFacts
    replaced: tuple[str, ...] = ()


class Maker(Protocol):
    """Makes what is dear and cannot be computed: an encoding, an upload."""

    name: str
    remote: bool
    """Whether its acts leave this machine: then an open receipt goes before each."""

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        """What should exist, in the order in which it is to be made. Pure."""

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """What a step takes, by unit (``{"seconds of sound": 3600}``). Pure."""

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[AnyFacts], None],
        progress: Progress,
    ) -> MakeResult:
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

MEDIA_OUTPUTS = ("audio", "video")
"""The outputs that are made from recordings."""

RENDERED_FOR: Mapping[str, tuple[str, ...]] = {
    "pages": ("images", "pages"),
    "feed": ("images", "chapters", "transcripts", "feed"),
}
"""The renderers whose documents an output needs to be whole, by the output's name."""


INTERMEDIATE_FOR: Mapping[str, str] = {"video": "youtube"}
"""Outputs that may be made only for another one, by name.

Then they are made when a step of that one needs them, lie below .publisher/ and are let go when it
is done; nobody else sees them. What is published as well serves for both, and stays.
"""


def places_of(renderer: str) -> tuple[str, ...]:
    """The places whose documents a renderer makes: what may be seen in none of them it is not given."""
    return tuple(place for place, names in RENDERED_FOR.items() if renderer in names) or tuple(RENDERED_FOR)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a release, in the order in which they are carried out: retractions first.

    `later` are those that today's budget does not allow, `remarks` what stays as it is, `changes`
    what the ledger is to hold before any step.
    """

    steps: tuple[Step, ...]
    deferred: tuple[Step, ...] = ()
    notices: tuple[Notice, ...] = ()
    changes: tuple[LedgerChange, ...] = ()

    @property
    def retractions(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.retracts)

    def steps_for(self, output: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.output == output)


@runtime_checkable
class RemoteMaker(Protocol):
    """A maker whose work depends on what stands elsewhere: it looks there, then decides by itself."""

    def observe(self, series: Series, receipts: Mapping[str, Receipt], now: datetime) -> object:
        """What stands there now. `receipts` are its own, by slug. Never raises for a failing network."""

    def plan(self, series: Series, receipts: Mapping[str, Receipt], observed: object, now: datetime) -> Plan:
        """What there is to do. Pure: `observed` is what `observe` gave, None where nobody looked."""


@runtime_checkable
class Retractor(Protocol):
    """A maker that published somewhere else, and takes it out of sight there."""

    title: str
    """How people call the place."""

    def retractions(
        self, series: Series, receipts: Mapping[str, Receipt], hidden: Mapping[str, str], now: datetime
    ) -> Iterable[Step]:
        """What it has to take out of sight, each a step that `retracts`. Pure.

        `hidden` are the talks that may not be seen there, by slug, with the reason. A talk may be
        missing in `series`: its receipt is enough.
        """

    def retract(
        self, step: Step, series: Series, receipt: Receipt | None, keep: Callable[[AnyFacts], None]
    ) -> Iterator[str]:
        """Takes a talk out of sight; says each deed when it is done. Raises PublisherError.

        `keep` is given the facts after each deed.
        """
