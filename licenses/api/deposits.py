"""`POST /escrows/{id}/deposits`: one entry as JSON, or a camt.054 message with many."""

import dataclasses
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from audits import context as minting
from audits import execution, vault
from audits.api import bodies, operations, problems
from audits.api.headers import expected_version
from audits.api.problems import Problem, Rejected
from audits.api.schema import Of, Operation
from audits.api.serving import ResourceView
from audits.api.views import context_of, respond
from audits.kernel import Context, Refused
from audits.sealing import configured, receipts
from audits.sealing.receipts import SignedReceipt
from licenses.api.escrows import BOOK_DEPOSIT
from licenses.camt054 import Camt054Entry, book_deposit, parse_camt054
from licenses.camt054.reader import Camt054Error
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.money import AmountCents, Currency

XML: Final = "application/xml"


class EntryOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one entry of a message: a receipt, or the problem."""

    bank_reference: str
    amount_cents: AmountCents
    currency: Currency
    receipt: SignedReceipt | None
    problem: Problem | None


class MessageOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a camt.054 message, entry by entry, in its order."""

    entries: tuple[EntryOutcome, ...]


class DepositsView(ResourceView):
    """Books what the bank reports."""

    def describe_post(self) -> Operation:
        """Describe both forms."""
        described = operations.command(self.resource, BOOK_DEPOSIT)
        content = dict((described.request or {})["content"])
        content[XML] = {"schema": {"type": "string", "description": "ISO 20022 camt.054.001"}}
        answer = dict(described.responses[200])
        answer["content"] = {
            bodies.JSON: {"schema": {"anyOf": [Of(SignedReceipt), Of(MessageOutcome)]}},
        }
        return dataclasses.replace(
            described, request={"required": True, "content": content}, responses={200: answer}
        )

    def post(self, request: Request, **_path: Any) -> HttpResponse:
        """Book one entry, or every entry of a message."""
        if bodies.media_type_of(request) != XML:
            if request.body:
                bodies.require_media_type(request, bodies.JSON, XML)
            return self.carry_out(BOOK_DEPOSIT, request, self.kwargs["id"])
        context = context_of(request)
        execution.require_role(BookDeposit, context.actor)
        self.shown(request)
        expected_version(request, BOOK_DEPOSIT.if_match)
        commands = [book_deposit(entry) for entry in _read(request)]
        for command in commands:
            vault.named_by(command)  # what cannot be sealed is refused before anything is booked
        outcomes = tuple(
            self._book(command, _within(context, place), request.path)
            for place, command in enumerate(commands)
        )
        return respond(bodies.to_wire(MessageOutcome(entries=outcomes)))

    def _book(self, command: BookDeposit, context: Context, path: str) -> EntryOutcome:
        receipt, problem = None, None
        try:
            booked = execution.execute(command, self.kwargs["id"], context)
            receipt = receipts.signed(booked, configured.receipt_key())
        except Refused as refusal:
            problem = problems.of_refusal(refusal, path)
        return EntryOutcome(
            bank_reference=command.bank_reference,
            amount_cents=command.amount_cents,
            currency=command.currency,
            receipt=receipt,
            problem=problem,
        )


def _within(context: Context, place: int) -> Context:
    """Give an entry a command id by its place: the same when the message is repeated.

    Each entry names the hash of its message, so another message under the same key is refused at
    its first entry, before anything of it is booked.
    """
    own = minting.follow_up_id(context.command_id, f"entry/{place}")
    return msgspec.structs.replace(context, command_id=own)


def _read(request: HttpRequest) -> tuple[Camt054Entry, ...]:
    try:
        return parse_camt054(request.body)
    except Camt054Error as error:
        raise Rejected(400, error.code, error.detail, path="$") from error
