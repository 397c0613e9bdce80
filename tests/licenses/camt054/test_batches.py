"""camt.054: batches, each transaction with an amount and a reference of its own."""

from typing import Final

import pytest

from licenses.camt054 import parse_camt054
from licenses.camt054.reader import Camt054Error
from licenses.domain.escrow.events import CreditDebit
from tests.licenses.camt054.messages import (
    ACCOUNT,
    AMOUNT,
    DETAILS,
    ENTRY,
    STATUS,
    code_of,
    entry,
    message,
    only,
)

FOUR_HUNDRED: Final = '<Amt Ccy="USD">400</Amt>'
THE_REST: Final = '<Amt Ccy="USD">600.01</Amt>'


def transaction(reference: str, amount: str) -> str:
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>X-{reference}"
        f"</EndToEndId></Refs>{amount}</TxDtls>"
    )


def batch(*transactions: str) -> bytes:
    return entry(DETAILS, f"<NtryDtls>{''.join(transactions)}</NtryDtls>")


def test_a_batch_is_taken_apart() -> None:
    parsed = parse_camt054(
        batch(
            transaction("T1", '<Amt Ccy="USD">400</Amt>'),
            transaction("T2", '<AmtDtls><TxAmt><Amt Ccy="USD">600.01</Amt></TxAmt></AmtDtls>'),
        )
    )
    assert [(item.bank_reference, item.end_to_end_id, item.amount_cents) for item in parsed] == [
        ("T1", "X-T1", 400_00),
        ("T2", "X-T2", 600_01),
    ]


@pytest.mark.parametrize("rest", ['<Amt Ccy="USD">600</Amt>', '<Amt Ccy="USD">600.02</Amt>'])
def test_a_batch_adds_up(rest: str) -> None:
    raw = batch(transaction("T1", '<Amt Ccy="USD">400</Amt>'), transaction("T2", rest))
    assert code_of(raw) == "camt054_batch_differs"


def test_a_difference_of_a_batch_is_told_in_sums_with_their_currency() -> None:
    raw = batch(
        transaction("T1", '<Amt Ccy="USD">400</Amt>'), transaction("T2", '<Amt Ccy="USD">600</Amt>')
    )
    with pytest.raises(Camt054Error) as caught:
        parse_camt054(raw)
    assert "add up to USD 1,000.00, the entry says USD 1,000.01" in caught.value.detail


def test_a_batch_has_one_currency() -> None:
    euros = transaction("T2", '<Amt Ccy="EUR">600.01</Amt>')
    raw = batch(transaction("T1", '<Amt Ccy="USD">400</Amt>'), euros)
    assert code_of(raw) == "camt054_batch_differs"


def test_transactions_of_a_batch_have_references_and_amounts_of_their_own() -> None:
    whole = transaction("T1", AMOUNT)
    without_reference = whole.replace("<AcctSvcrRef>T1</AcctSvcrRef>", "")
    assert code_of(batch(whole, without_reference)) == "camt054_element_missing"
    assert code_of(batch(whole, transaction("T2", ""))) == "camt054_element_missing"


def test_two_payments_of_a_message_never_share_a_reference() -> None:
    # Banks that repeat the batch's own reference in each detail: the second would be taken for a
    # repeat of the first, and its money would be lost.
    shared = batch(transaction("T1", FOUR_HUNDRED), transaction("T1", THE_REST))
    assert code_of(shared) == "camt054_reference_repeated"
    assert code_of(message(ENTRY, ENTRY)) == "camt054_reference_repeated"


def test_a_reference_may_be_shared_by_stages_of_one_payment_and_across_accounts() -> None:
    pending = ENTRY.replace("BOOK", "PDNG")
    reversal = ENTRY.replace("CRDT", "DBIT").replace(STATUS, f"<RvslInd>true</RvslInd>{STATUS}")
    stages = parse_camt054(message(pending, ENTRY, reversal))
    assert [item.bank_reference for item in stages] == ["E1", "E1", "E1"]
    other = f"<Ntfctn><Id>N-2</Id>{ACCOUNT.replace('51<', '52<')}{ENTRY}</Ntfctn>"
    raw = message(ENTRY).replace(b"</Ntfctn>", b"</Ntfctn>" + other.encode())
    assert len({item.account for item in parse_camt054(raw)}) == 2


@pytest.mark.parametrize("direction", ["DBIT", "?"])
def test_the_transactions_of_an_entry_have_its_direction(direction: str) -> None:
    indicator = f"<CdtDbtInd>{direction}</CdtDbtInd>"
    alone = entry("</Refs>", f"</Refs>{indicator}")
    assert code_of(alone) == "camt054_batch_differs"
    among = transaction("T2", THE_REST + indicator)
    assert code_of(batch(transaction("T1", FOUR_HUNDRED), among)) == "camt054_batch_differs"
    same = entry("</Refs>", "</Refs><CdtDbtInd>CRDT</CdtDbtInd>")
    assert only(parse_camt054(same)).credit_debit is CreditDebit.CREDIT


@pytest.mark.parametrize("told", ["1", "3", "two"])
def test_a_batch_has_as_many_transactions_as_it_says(told: str) -> None:
    both = transaction("T1", FOUR_HUNDRED) + transaction("T2", THE_REST)
    two = batch("<Btch><NbOfTxs>2</NbOfTxs></Btch>", both)
    assert len(parse_camt054(two)) == 2
    assert code_of(two.replace(b">2<", f">{told}<".encode())) == "camt054_batch_differs"


def test_one_payer_is_not_credited_with_a_batch_of_many() -> None:
    assert code_of(batch(transaction("T1", FOUR_HUNDRED))) == "camt054_batch_differs"
    before_charges = batch(transaction("T1", '<Amt Ccy="USD">1000.02</Amt>'))
    assert only(parse_camt054(before_charges)).amount_cents == 1_000_01
    in_euros = batch(transaction("T1", '<Amt Ccy="EUR">900</Amt>'))
    assert only(parse_camt054(in_euros)).amount_cents == 1_000_01


def test_a_batch_without_its_transactions_names_no_payer() -> None:
    whole = only(parse_camt054(batch("<Btch><NbOfTxs>5</NbOfTxs></Btch>")))
    assert (whole.payer_name, whole.end_to_end_id) == (None, None)
