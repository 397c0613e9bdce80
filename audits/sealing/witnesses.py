"""Witnesses: others who see every checkpoint and cosign it only if it continues the one before.

Client of C2SP tlog-witness. A witness that is away, slow or talks nonsense is asked again with the next
checkpoint. One that says our log is not the one it knows has found a fork or a rollback, or lies: that
halts sealing, unless as many as the policy needs cosigned the same checkpoint.
"""

import base64
import re
import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx
import structlog

from audits.sealing import checkpoints
from audits.sealing.checkpoints import Published
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import consistency_proof
from audits.sealing.note import (
    COSIGNATURE,
    MAX_NOTE_BYTES,
    Note,
    NoteError,
    VerifierKey,
    decode_lines,
    parse,
    parse_signatures,
    parse_verifier_key,
    verify,
)
from audits.sealing.tiles import node_reader
from audits.statements import run

log = structlog.get_logger(__name__)

ANSWER_SECONDS: Final = 2.0
"""How long all of them have to answer; each is asked twice at most, so that checkpoints go on in time."""
LATEST_S: Final = 253_402_300_799
"""The last second of the year 9999: later ones are no times."""
SIZE_TYPE: Final = "text/x.tlog.size"
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")
_KNOWN: Final = (
    "SELECT max(c.size) FROM audits_cosignature s JOIN audits_checkpoint c ON c.number ="
    " s.checkpoint_id WHERE s.witness = %b"
)


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: its key, and where it answers."""

    key: VerifierKey
    address: str

    @property
    def name(self) -> str:
        """The verifier key as text: by it the witness is known in the database."""
        return str(self.key)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which witnesses there are, and how many must have cosigned: k of n."""

    witnesses: tuple[Witness, ...]
    quorum: int

    def is_met(self, names: Sequence[str]) -> bool:
        """Tell whether enough of the witnesses are among these."""
        return len({each.name for each in self.witnesses} & set(names)) >= self.quorum


def parse_witness(text: str) -> Witness:
    """Read `<verifier key> <address>`; NoteError `key_malformed`."""
    key, _, address = text.partition(" ")
    witness = Witness(parse_verifier_key(key), address.strip().rstrip("/"))
    if witness.key.algorithm != COSIGNATURE or not address.startswith(("http://", "https://")):
        raise NoteError("key_malformed", "a witness is named by <verifier key> <http address>")
    return witness


@dataclass(frozen=True, slots=True)
class Question:
    """What a witness is asked: to cosign a checkpoint that continues the size that it knows."""

    witness: Witness
    old: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answers, nothing of it believed."""

    status: int
    content_type: str
    content: bytes

    @property
    def size(self) -> int | None:
        """The size that it says it cosigned last; None: it says no size."""
        is_size = self.status == HTTPStatus.CONFLICT and self.content_type == SIZE_TYPE
        match = _SIZE.fullmatch(self.content) if is_size else None
        return int(match[1]) if match else None


class _Contradicted(Exception):
    """A witness says that our log is not the one it knows; `code` is that of a halt."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code


@dataclass(slots=True)
class Callers:
    """Asks witnesses, each in a thread of its own that nobody waits for longer than is due.

    Who still has not answered is not asked again meanwhile, so there is one thread a witness at most.
    """

    _pending: dict[str, Future[Reply | None]] = field(default_factory=dict)

    def ask(self, questions: Sequence[Question]) -> list[Reply | None]:
        """Ask all at once; None for whoever is away, or does not answer within ANSWER_SECONDS."""
        asked = [self._begun(each) for each in questions]
        wait([future for future in asked if future is not None], timeout=ANSWER_SECONDS)
        return [
            self._answer(question, future)
            for question, future in zip(questions, asked, strict=True)
        ]

    def _begun(self, question: Question) -> Future[Reply | None] | None:
        name = question.witness.name
        if name in self._pending and not self._pending[name].done():
            return None
        future: Future[Reply | None] = Future()
        self._pending[name] = future
        threading.Thread(
            target=_post_into, args=(future, question), name="witness", daemon=True
        ).start()
        return future

    @staticmethod
    def _answer(question: Question, future: Future[Reply | None] | None) -> Reply | None:
        if future is None or not future.done():
            log.warning("witness_slow", witness=question.witness.key.name)
            return None
        return future.result()


def gather(published: Published, policy: Policy, callers: Callers | None = None) -> list[str]:
    """Ask every witness at once and keep what they sign; return the names of those who did.

    Raises SealingHalted `witness_ahead` or `witness_refuses` where one of them saw another log, and
    too few cosigned this one.
    """
    if not policy.witnesses:
        return []
    callers = callers or Callers()
    questions = [_question(each, published, _known_size(each)) for each in policy.witnesses]
    agreed, contradicting = [], []
    for question, reply in _final_replies(questions, published, callers):
        try:
            if reply is not None and _keep(question, published, reply):
                agreed.append(question.witness.name)
        except _Contradicted as contradicted:
            log.critical("witness_contradicts", code=contradicted.code, detail=str(contradicted))
            contradicting.append(contradicted)
    if contradicting and not policy.is_met(agreed):
        first = contradicting[0]
        raise SealingHalted(first.code, str(first)) from first
    return agreed


def _final_replies(
    questions: Sequence[Question], published: Published, callers: Callers
) -> list[tuple[Question, Reply | None]]:
    """Ask, and once more where a witness last saw another size than we thought."""
    replies = list(zip(questions, callers.ask(questions), strict=True))
    again = {
        at: _question(question.witness, published, reply.size)
        for at, (question, reply) in enumerate(replies)
        if reply is not None
        and reply.size is not None
        and question.old != reply.size <= published.size
    }
    for at, reply in zip(again, callers.ask(list(again.values())), strict=True):
        replies[at] = again[at], reply
    return replies


def _known_size(witness: Witness) -> int:
    [(size,)] = run(_KNOWN, [witness.name]).fetchall()
    return size or 0


def _question(witness: Witness, published: Published, old: int) -> Question:
    proof = consistency_proof(old, published.size, node_reader(published.size))
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", ""]
    return Question(witness, old, "\n".join(lines).encode() + published.note)


def _post_into(future: Future[Reply | None], question: Question) -> None:
    try:
        future.set_result(_post(question))
    except BaseException as error:  # noqa: BLE001 -- it rises in whoever waits for the answer
        future.set_exception(error)


def _post(question: Question) -> Reply | None:
    witness = question.witness
    try:
        with httpx.stream(
            "POST",
            f"{witness.address}/add-checkpoint",
            content=question.body,
            timeout=ANSWER_SECONDS,
        ) as answer:
            content = b""
            for piece in answer.iter_raw():
                content += piece
                if len(content) > MAX_NOTE_BYTES:
                    log.warning("witness_answer_too_long", witness=witness.key.name)
                    return None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        log.warning("witness_away", witness=witness.key.name, error=str(error))
        return None
    content_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Reply(answer.status_code, content_type, content)


def _keep(question: Question, published: Published, reply: Reply) -> bool:
    """Verify and store what the witness signed; tell whether it did, or raise _Contradicted."""
    witness = question.witness
    if reply.status in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
        _require_behind(question, published, reply)
        return False
    if reply.status != HTTPStatus.OK:
        log.error("witness_refused", witness=witness.key.name, status=reply.status)
        return False
    try:
        lines = parse_signatures(decode_lines(reply.content))
        text = parse(published.note).text
        [verified] = verify(Note(text, lines), [witness.key])
        signed_at_s = verified.signed_at_s or 0
        if not 0 < signed_at_s <= LATEST_S:
            raise NoteError("time_wrong", f"{signed_at_s} is no time")  # noqa: TRY301 -- as above
    except NoteError as error:
        log.error("witness_answer_wrong", witness=witness.key.name, code=error.code)  # noqa: TRY400 -- the trace says no more
        return False
    line = next(
        line for line in lines if (line.name, line.key_id) == (witness.key.name, witness.key.key_id)
    )
    checkpoints.add_cosignature(
        published.number, witness.name, str(line), checkpoints.moment(signed_at_s)
    )
    return True


def _require_behind(question: Question, published: Published, reply: Reply) -> None:
    """Tell a witness that merely was asked by another sealer meanwhile from one that contradicts us."""
    name, size = question.witness.key.name, reply.size
    if size is None or size == question.old:
        said = reply.content[:200].decode(errors="replace").strip()
        raise _Contradicted("witness_refuses", f"{name}: {said}")
    if size > published.size:
        last = checkpoints.last()
        if last is None or last.size < size:
            raise _Contradicted(
                "witness_ahead", f"{name} cosigned size {size}, the tree has fewer leaves"
            )
