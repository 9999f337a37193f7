"""Reads the answer to a review file: hostile input, because anybody can send one.

An answer is one line of text, in the file that the guest saved or in a message::

    pr1:<id of the review>:<base64 of nonce and AES-GCM ciphertext>:<8 hex digits of the SHA-256 before>

The sum recognises a text that was not copied whole; the key of the review authenticates the ciphertext.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from publisher.bidi import neutralize
from publisher.errors import UsageError
from publisher.model import Seconds
from publisher.render.sanitize import strip_illegal_xml
from publisher.review import records, sealed
from publisher.review.records import ReadAnswer, ReviewRecord

logger = logging.getLogger(__name__)

MAX_BYTES = 512 * 1024
"""Bytes of an answer: a hundred times those of a long one."""

MAX_TEXT, MAX_ITEMS = 2000, 300
_ANSWER = re.compile(r"pr1:([0-9a-f]{16}):([A-Za-z0-9+/]+):([0-9a-f]{8})")
_LOOSE = re.compile(r"pr1:")
# Messengers and editors add these to a long text.
_SPACES = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff=]")


def plain(text: str) -> str:
    """Text of a guest without control characters and without what reorders the text around it."""
    return neutralize(strip_illegal_xml(text).replace("\x7f", "")).strip()


Words = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(plain)]
Moment = Annotated[float, Field(ge=0, le=1_000_000)]
Place = Literal["feed", "pages", "youtube"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Passage(_Strict):
    """A passage to cut or mute; times of the review's audio."""

    kind: Literal["cut", "mute"]
    start: Moment
    end: Moment
    note: Words = ""

    @model_validator(mode="after")
    def _has_duration(self) -> Passage:
        if self.end <= self.start:
            raise ValueError("a passage ends before it starts")
        return self


class GuestCorrection(_Strict):
    """Corrected words of the cue at a time; `script` counts the transcripts of the file."""

    script: Annotated[int, Field(ge=0, le=50)]
    at: Moment
    was: Annotated[str, Field(max_length=MAX_TEXT)]
    text: Annotated[Words, Field(min_length=1)]
    note: Words = ""


class GuestComment(_Strict):
    """A comment at a time."""

    at: Moment
    text: Words


class Answer(_Strict):
    """A guest's answer. `made` is the guest's clock, in s since 1970."""

    version: Literal[1]
    made: Annotated[int, Field(ge=0, le=99_999_999_999)]
    passages: Annotated[list[Passage], Field(max_length=MAX_ITEMS)] = []
    corrections: Annotated[list[GuestCorrection], Field(max_length=MAX_ITEMS)] = []
    comments: Annotated[list[GuestComment], Field(max_length=MAX_ITEMS)] = []
    consent: dict[Place, bool] = {}
    remark: Words = ""


@dataclass(frozen=True, slots=True)
class OpenedAnswer:
    """An answer and the record of the review that it answers."""

    record: ReviewRecord
    answer: Answer

    def recorded(self, time: Seconds) -> Seconds:
        """The time of the recording at a time of the review's audio, in ms."""
        return round(self.record.timeline.recorded(time), 3)


def read_answer(root: Path, content: bytes, today: date) -> OpenedAnswer:
    """The answer in a file or message. Raises UsageError, with the reason, if it is refused."""
    review, ciphertext = _parse(content)
    record = records.load(root, review)
    if record is None:
        raise UsageError(
            "this answer is not to a review made here: read it in the series folder in which the review "
            f"was made ({records.FOLDER}/ has its record)"
        )
    if record.revoked:
        raise UsageError(
            f"the review of {record.slug} for {record.guest} was revoked; answers to it are refused"
        )
    if record.is_expired(today):
        raise UsageError(
            f"the review of {record.slug} for {record.guest} expired on {record.expires}; make a new one "
            f"with `publisher review {record.slug} --for {record.guest}`"
        )
    opened = sealed.open_answer(ciphertext, record.key_bytes, record.id)
    if opened is None:
        raise UsageError(
            "this answer was not made by the review file that it names, or it was changed afterwards"
        )
    answer = _validated(opened)
    newer = [read for read in record.answers if read.made > answer.made]
    if newer:
        raise UsageError(
            f"{record.guest} has sent a newer answer, which was read on {newer[-1].at:%Y-%m-%d %H:%M}; this "
            "older one is refused, so that it takes nothing back"
        )
    logger.info("read an answer to a review of %s", record.slug)
    return OpenedAnswer(record, answer)


def remember(root: Path, opened: OpenedAnswer, now: datetime) -> None:
    """Stores that an answer was read, so that an older one is refused from now on."""
    read = [one for one in opened.record.answers if one.made != opened.answer.made]
    updated = (*read, ReadAnswer(made=opened.answer.made, at=now))[-MAX_ITEMS:]
    records.save(root, opened.record.model_copy(update={"answers": updated}))


def _parse(content: bytes) -> tuple[str, bytes]:
    """The review's id and the ciphertext of the one answer in a text. Raises UsageError."""
    if len(content) > MAX_BYTES:
        raise UsageError(f"this is larger than {MAX_BYTES >> 10} kB, so it is no answer to a review")
    text = _SPACES.sub("", content.decode("utf-8-sig", "replace"))
    found = set(_ANSWER.findall(text))
    if not found:
        if _LOOSE.search(text):
            raise UsageError("the answer is not complete: copy all of it, from pr1: to the end")
        raise UsageError("there is no answer to a review in it: an answer begins with pr1:")
    if len(found) > 1:
        raise UsageError("it contains several answers; read each one alone")
    review, data, check = found.pop()
    if hashlib.sha256(f"pr1:{review}:{data}".encode()).hexdigest()[:8] != check:
        raise UsageError("the answer was damaged on its way; ask for the saved file, or copy it again")
    try:
        return review, base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except binascii.Error as error:
        raise UsageError(
            "the answer was damaged on its way; ask for the saved file, or copy it again"
        ) from error


def to_text(review: str, ciphertext: bytes) -> str:
    """The text of an answer, as a review file writes it."""
    text = f"pr1:{review}:{base64.b64encode(ciphertext).decode().rstrip('=')}"
    return f"{text}:{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _validated(content: bytes) -> Answer:
    try:
        return Answer.model_validate_json(content, strict=True)
    except ValidationError as error:
        # Its own words could contain anything: only the keys and the kinds of errors are told.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in _KEYS)
        raise UsageError(
            f"the answer has another form than a review file writes ({place or first['type']})"
        ) from None


_KEYS: Mapping[str, None] = dict.fromkeys(
    name for model in (Answer, Passage, GuestCorrection, GuestComment) for name in model.model_fields
)
