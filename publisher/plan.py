"""The types of a release plan: targets, documents, steps, notices, and the protocols of makers and renderers.

Makers declare *targets* (outputs that should exist, with all inputs by name); renderers declare
*documents* (a path and a key of the content). `planner` turns both into *steps*, `run` executes them.
There is no dry-run branch: the plan is the dry run.

A plan begins with *changes* of the ledger (a lock, a new slug) and with *retractions*: steps that
hide or remove something. They depend on no other step and are attempted even if others fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from publisher.model import AnyFacts, Publication, Receipt, Series
from publisher.progress import Progress

if TYPE_CHECKING:
    # At run time every worker would read the schema of the catalogue with it.
    from publisher.ledger import WithdrawalLock

Action = Literal["make", "update", "hide", "remove", "resume"]


@dataclass(frozen=True, slots=True)
class Target:
    """One output of one episode that should exist, with its inputs.

    `inputs` maps the name of each input, as in the catalogue, to its fingerprint. If only inputs in
    `retag_inputs` change, the maker updates the existing output instead of making a new one.
    """

    output: str
    episode: str
    inputs: Mapping[str, str]
    retag_inputs: frozenset[str] = frozenset()
    made_for: str | None = None
    """The only output that needs it (see `INTERMEDIATE_FOR`); None if it is published itself."""


MAX_SHOWN = 100
"""Characters of a value that is printed before and after a change."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that changes: its name, the value that is published, and the one of the catalogue.

    A value is None if it is not known.
    """

    name: str
    before: str | None
    after: str | None

    @property
    def is_short(self) -> bool:
        """Whether both values are known and can be printed in one line."""
        values = (self.before, self.after)
        return all(text is not None and len(text) <= MAX_SHOWN and "\n" not in text for text in values)


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a plan. `episode` is the slug; None if it concerns the whole series."""

    output: str
    episode: str | None
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    cost: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    day: int = 1
    """The day on which the quota allows it; only steps of day 1 (today) are executed."""
    depends_on: str | None = None
    """The output of the same episode from which this one is made, and which must exist before."""
    upstream_facts: AnyFacts | None = None
    """The facts of the output in `depends_on`; None until the step is executed."""
    made_for: str | None = None
    """As in the target."""
    retracts: bool = False
    """Whether it hides or removes what must not be visible: such steps run first, independently."""
    edits: tuple[str, ...] = ()
    """Of a retraction: the shared documents under public/ from which mentions are removed."""
    superseded: bool = False
    """Whether it removes what another step for the same output replaces, even if that step fails."""
    prepared: Receipt | None = None
    """The receipt of files that a preview made, and from which this step makes its own without an encoder."""
    details: tuple[Difference, ...] = ()
    """The values of the changed fields that are known."""

    @property
    def is_local(self) -> bool:
        """Whether it changes only files on this machine."""
        return self.action != "hide"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Locks an episode as withdrawn."""

    slug: str
    lock: WithdrawalLock


@dataclass(frozen=True, slots=True)
class Restore:
    """Removes the lock of a withdrawn episode."""

    slug: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Gives an episode another slug: in its receipts, its folder and the catalogue.

    Without `redirects` nothing may remain at the addresses with the old slug.
    """

    old: str
    new: str
    redirects: bool = True


@dataclass(frozen=True, slots=True)
class StartGrace:
    """Records the time of the first release after an episode was renamed."""

    slug: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptIdentity:
    """Gives published episodes and the feed the guids, dates and URL of the catalogue."""


LedgerChange = Withdraw | Restore | Rename | StartGrace | AcceptIdentity
"""A change of the ledger that is written before any step."""


NoticeKind = Literal[
    "drift",
    "conflict",
    "gone",
    "waiting",
    "unseen",
    "trouble",
    "withheld",
    "stripped",
    "replaced",
    "mixed",
    "missing",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a plan does not change, and why.

    drift: changed on the service, and kept. conflict: changed on both sides, a person must choose.
    gone: the output no longer exists. waiting: done by a later release. unseen: the service was not
    read because nobody is logged in. trouble: reading failed. withheld: a guest's consent is missing.
    stripped: metadata of a recording that is not published. replaced: a replaced file is still kept.
    mixed: two microphones became one channel. missing: a published episode is missing in the catalogue,
    and a person must decide.
    `changes` are the fields or files concerned, `ours` and `theirs` the values of both sides.
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
    """The result of a maker: the facts of the output, and the paths under public/ that it replaces."""

    facts: AnyFacts
    replaced: tuple[str, ...] = ()


class Maker(Protocol):
    """Makes an expensive output with a receipt: an encoding, an upload."""

    name: str
    remote: bool
    """Whether it sends something to a service: then an open receipt is written before."""

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        """The targets in the order in which they are made. Pure."""

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        """The cost of a step by unit (``{"seconds of sound": 3600}``). Pure."""

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[AnyFacts], None],
        progress: Progress,
    ) -> MakeResult:
        """Executes a step and returns its result.

        `receipt` is the last one; `keep` writes facts into the open receipt during the work. Raises
        PublisherError; then public/ contains no incomplete file.
        """

    def stop(self) -> None:
        """Stops all work at once, including child processes; `make` then raises."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file under public/ that can be rendered at any time.

    `path` is relative to public/. `key` is the fingerprint of all content of `render`: equal keys
    mean equal bytes.
    """

    path: str
    key: str
    render: Callable[[], bytes]


class Renderer(Protocol):
    """Renders documents that are functions of the publication."""

    name: str

    def documents(self, publication: Publication) -> Iterable[Document]:
        """Every document that should exist; none of them is rendered yet."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The episodes (slugs) and outputs to which a release is limited; None is everything."""

    episodes: frozenset[str] | None = None
    outputs: frozenset[str] | None = None

    def includes(self, output: str, episode: str | None = None) -> bool:
        """Whether a step is selected; `episode` None is the whole series, which always is."""
        by_output = self.outputs is None or output in self.outputs
        return by_output and (self.episodes is None or episode is None or episode in self.episodes)


EVERYTHING = Selection()

MEDIA_OUTPUTS = ("audio", "video")
"""The outputs that are made from recordings."""

RENDERERS_BY_OUTPUT: Mapping[str, tuple[str, ...]] = {
    "pages": ("images", "pages"),
    "feed": ("images", "chapters", "transcripts", "feed"),
}
"""The renderers of the documents of each output."""

INTERMEDIATE_FOR: Mapping[str, str] = {"video": "youtube"}
"""Outputs that may be made only for another output, by name.

Such an output is made when a step of the other one needs it, is stored below .publisher/ and removed
after that step. If it is published too, the published file serves both.
"""


def places_of(renderer: str) -> tuple[str, ...]:
    """The places for which a renderer makes documents: its publication contains only what they may show."""
    return tuple(place for place, names in RENDERERS_BY_OUTPUT.items() if renderer in names) or tuple(
        RENDERERS_BY_OUTPUT
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a release in the order of their execution, retractions first.

    `deferred` are steps that today's quota does not allow, `notices` explain what is not changed,
    `changes` are written into the ledger before any step.
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
    """A maker whose work depends on the state of a service: it reads the state and plans by itself."""

    def observe(self, series: Series, receipts: Mapping[str, Receipt], now: datetime) -> object:
        """The current state of the service. `receipts` are its own, by slug. Raises no network error."""

    def plan(self, series: Series, receipts: Mapping[str, Receipt], observed: object, now: datetime) -> Plan:
        """The maker's steps. Pure: `observed` is the result of `observe`, None if it was not called."""


@runtime_checkable
class Retractor(Protocol):
    """A maker that published on a service and can hide it there."""

    title: str
    """The name of the service in messages."""

    def retractions(
        self, series: Series, receipts: Mapping[str, Receipt], hidden: Mapping[str, str], now: datetime
    ) -> Iterable[Step]:
        """The steps that hide episodes, each with `retracts`. Pure.

        `hidden` are the episodes that must not be visible there, by slug, with the reason. An episode
        may be missing in `series`: its receipt is enough.
        """

    def retract(
        self, step: Step, series: Series, receipt: Receipt | None, keep: Callable[[AnyFacts], None]
    ) -> Iterator[str]:
        """Hides an episode; yields a text after each change. Raises PublisherError.

        `keep` stores the facts after each change.
        """
