"""Adding the ledger up: the trial balance, and every fault that the transfers show."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from audits.kernel import Value
from licenses.domain.ledger.model import ASSETS, Account, Code, Transfer, TransferKind
from licenses.domain.money import sum_text


class Balance(Value):
    """One account: what was posted and what is pending on each side, in minor units."""

    account: Account
    debit_posted_cents: int = 0
    credit_posted_cents: int = 0
    debit_pending_cents: int = 0
    credit_pending_cents: int = 0

    @property
    def posted_cents(self) -> int:
        """What the account holds; debits less credits for assets, else credits less debits."""
        difference = self.debit_posted_cents - self.credit_posted_cents
        return difference if self.account.kind in ASSETS else -difference

    @property
    def free_cents(self) -> int:
        """What the account holds beyond what is earmarked to leave it."""
        is_asset = self.account.kind in ASSETS
        leaving_cents = self.credit_pending_cents if is_asset else self.debit_pending_cents
        return self.posted_cents - leaving_cents


class Total(Value):
    """Everything posted and pending in one currency."""

    currency: str
    debit_posted_cents: int
    credit_posted_cents: int
    debit_pending_cents: int
    credit_pending_cents: int


class Fault(Value):
    """Something that a sound ledger never shows."""

    code: str
    detail: str
    transfer_id: UUID | None = None


class TrialBalance(Value):
    """The whole ledger: accounts by name, totals by currency, faults in the order found."""

    balances: tuple[Balance, ...]
    totals: tuple[Total, ...]
    faults: tuple[Fault, ...]

    def of(self, account: Account) -> Balance:
        """Give the balance of an account; one that nothing touched is at nothing."""
        found = (balance for balance in self.balances if balance.account == account)
        return next(found, Balance(account=account))


class RemittanceTotals(Value):
    """What the ledger says of the remittance of one shipment, in minor units."""

    due_cents: int
    paid_cents: int
    pending_cents: int


def trial_balance(transfers: Iterable[Transfer]) -> TrialBalance:
    """Add up `transfers`, in the order in which they were made."""
    book = _Book()
    for transfer in transfers:
        fault = book.objection(transfer)
        if fault is None:
            book.take(transfer)
        else:
            book.faults.append(fault)
    balances = tuple(sorted(book.balances(), key=lambda balance: balance.account.name))
    overdrawn = [
        Fault(code="account_overdrawn", detail=_overdrawn(balance))
        for balance in balances
        if balance.free_cents < 0
    ]
    return TrialBalance(
        balances=balances, totals=_totals(balances), faults=(*book.faults, *overdrawn)
    )


def remittance_totals(transfers: Iterable[Transfer], shipment_id: UUID) -> RemittanceTotals:
    """Add up what concerns the levy on one shipment."""
    own = [transfer for transfer in transfers if transfer.subject_id == shipment_id]
    resolved = {transfer.pending_id for transfer in own}
    paying = [transfer for transfer in own if transfer.code is Code.REMITTANCE]
    return RemittanceTotals(
        due_cents=sum(transfer.amount_cents for transfer in own if transfer.code is Code.LEVY),
        paid_cents=sum(
            transfer.amount_cents for transfer in paying if transfer.kind is TransferKind.POST
        ),
        pending_cents=sum(
            transfer.amount_cents
            for transfer in paying
            if transfer.kind is TransferKind.PENDING and transfer.transfer_id not in resolved
        ),
    )


def _overdrawn(balance: Balance) -> str:
    account = balance.account
    return f"{account.name}: {sum_text(balance.free_cents, account.currency)}"


class _Book:
    """Counters per account and side, and the pending transfers that are still open."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._posted: dict[tuple[Account, bool], int] = defaultdict(int)
        self._pending: dict[tuple[Account, bool], int] = defaultdict(int)
        self._open: dict[UUID, Transfer] = {}
        self._ids: set[UUID] = set()
        self._keys: set[str] = set()

    def objection(self, transfer: Transfer) -> Fault | None:
        """Name the first thing that is wrong with a transfer."""
        checks = {
            "transfer_repeated": transfer.transfer_id in self._ids,
            "business_key_repeated": transfer.business_key in self._keys,
            "amount_not_positive": transfer.amount_cents <= 0,
            "currencies_differ": not (
                transfer.currency == transfer.debit.currency == transfer.credit.currency
            ),
            "same_account": transfer.debit == transfer.credit,
            "resolution_wrong": not self._resolves(transfer),
        }
        code = next((code for code, applies in checks.items() if applies), None)
        if code is None:
            return None
        return Fault(code=code, detail=transfer.business_key, transfer_id=transfer.transfer_id)

    def _resolves(self, transfer: Transfer) -> bool:
        """Tell whether a resolution fits a transfer that is still pending, once."""
        if transfer.kind in {TransferKind.POSTED, TransferKind.PENDING}:
            return transfer.pending_id is None
        pending = None if transfer.pending_id is None else self._open.get(transfer.pending_id)
        return pending is not None and (pending.debit, pending.credit, pending.amount_cents) == (
            transfer.debit,
            transfer.credit,
            transfer.amount_cents,
        )

    def take(self, transfer: Transfer) -> None:
        """Count a transfer that nothing speaks against."""
        self._ids.add(transfer.transfer_id)
        self._keys.add(transfer.business_key)
        if transfer.pending_id is not None:
            self._move(self._pending, self._open.pop(transfer.pending_id), sign=-1)
        if transfer.kind is TransferKind.PENDING:
            self._open[transfer.transfer_id] = transfer
            self._move(self._pending, transfer, sign=1)
        elif transfer.kind is not TransferKind.VOID:
            self._move(self._posted, transfer, sign=1)

    @staticmethod
    def _move(counters: dict[tuple[Account, bool], int], transfer: Transfer, *, sign: int) -> None:
        counters[transfer.debit, True] += sign * transfer.amount_cents
        counters[transfer.credit, False] += sign * transfer.amount_cents

    def balances(self) -> Iterable[Balance]:
        """Give the counters of every account that a transfer touched."""
        for account in {account for account, _ in (*self._posted, *self._pending)}:
            yield Balance(
                account=account,
                debit_posted_cents=self._posted[account, True],
                credit_posted_cents=self._posted[account, False],
                debit_pending_cents=self._pending[account, True],
                credit_pending_cents=self._pending[account, False],
            )


def _totals(balances: Iterable[Balance]) -> tuple[Total, ...]:
    by_currency: dict[str, list[Balance]] = defaultdict(list)
    for balance in balances:
        by_currency[balance.account.currency].append(balance)
    return tuple(
        Total(
            currency=currency,
            debit_posted_cents=sum(item.debit_posted_cents for item in items),
            credit_posted_cents=sum(item.credit_posted_cents for item in items),
            debit_pending_cents=sum(item.debit_pending_cents for item in items),
            credit_pending_cents=sum(item.credit_pending_cents for item in items),
        )
        for currency, items in sorted(by_currency.items())
    )
