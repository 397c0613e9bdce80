"""Witnesses: others who see every checkpoint and cosign it only if it continues the one before.

Client of C2SP tlog-witness. A witness that is away is asked again with the next checkpoint; one that
says our log is not the one it knows has found a fork or a rollback, and that halts sealing.
"""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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

TIMEOUT_SECONDS: Final = 5.0
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


def gather(published: Published, policy: Policy) -> list[str]:
    """Ask every witness at once and keep what they sign; return the names of those who did.

    Raises SealingHalted `witness_ahead` or `witness_refuses` where one of them saw another log.
    """
    if not policy.witnesses:
        return []
    bodies = [_body(published, _known_size(each)) for each in policy.witnesses]
    with ThreadPoolExecutor(max_workers=len(bodies)) as pool:
        answers = list(pool.map(_post, policy.witnesses, bodies))
    agreed = []
    for witness, answer in zip(policy.witnesses, answers, strict=True):
        final = _asked_again(witness, published, answer)
        if final is not None and _keep(witness, published, final):
            agreed.append(witness.name)
    return agreed


def _known_size(witness: Witness) -> int:
    [(size,)] = run(_KNOWN, [witness.name]).fetchall()
    return size or 0


def _body(published: Published, old: int) -> bytes:
    proof = consistency_proof(old, published.size, node_reader(published.size))
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", ""]
    return "\n".join(lines).encode() + published.note


def _post(witness: Witness, body: bytes) -> httpx.Response | None:
    try:
        return httpx.post(
            f"{witness.address}/add-checkpoint", content=body, timeout=TIMEOUT_SECONDS
        )
    except httpx.HTTPError as error:
        log.warning("witness_away", witness=witness.key.name, error=str(error))
        return None


def _asked_again(
    witness: Witness, published: Published, answer: httpx.Response | None
) -> httpx.Response | None:
    """Ask once more where the witness last saw another size than we thought."""
    if answer is None or answer.headers.get("Content-Type") != "text/x.tlog.size":
        return answer
    size = int(answer.text) if answer.text.strip().isdecimal() else 0
    if size > published.size:
        last = checkpoints.last()
        if last is not None and last.size >= size:
            return None  # another sealer was faster, and asks for itself
        raise SealingHalted(
            "witness_ahead", f"{witness.key.name} cosigned size {size}, the tree has fewer leaves"
        )
    return _post(witness, _body(published, size))


def _keep(witness: Witness, published: Published, answer: httpx.Response) -> bool:
    """Verify and store what the witness signed; tell whether it did."""
    if answer.status_code in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
        if answer.headers.get("Content-Type") == "text/x.tlog.size":
            return False  # it moved on between two questions
        raise SealingHalted("witness_refuses", f"{witness.key.name}: {answer.text[:200].strip()}")
    if answer.status_code != HTTPStatus.OK:
        log.error("witness_refused", witness=witness.key.name, status=answer.status_code)
        return False
    try:
        lines = parse_signatures(decode_lines(answer.content))
        text = parse(published.note).text
        [verified] = verify(Note(text, lines), [witness.key])
    except NoteError as error:
        log.error("witness_answer_wrong", witness=witness.key.name, code=error.code)  # noqa: TRY400 -- the trace says no more
        return False
    line = next(
        line for line in lines if (line.name, line.key_id) == (witness.key.name, witness.key.key_id)
    )
    signed_at = checkpoints.moment(verified.signed_at_s or 0)
    checkpoints.add_cosignature(published.number, witness.name, str(line), signed_at)
    return True
