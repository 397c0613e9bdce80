"""The end of the story: the journal verified, the timeline, the trial balance, the allotment."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from devstack.demo.client import UnexpectedAnswer
from devstack.demo.play import Deal, World
from devstack.demo.record import Record
from devstack.stack import Stack

PAGE = 200


def prove(stack: Stack, world: World, record: Record, played: Deal) -> dict[str, Any]:
    """Have the auditor replay and verify everything; give what they saw."""
    with record.step("operator", "gives every event its place in the log"):
        stack.manage("sequence", role="tollgate_sealer")
    with record.step("auditor", "verifies: every hash, version, read model, cent and unit"):
        finished = stack.manage("verify", "--json", role="tollgate_auditor", check=False)
        if finished.returncode != 0:
            raise UnexpectedAnswer(f"verify: {finished.stdout[-3000:]} {finished.stderr[-2000:]}")
        verified = json.loads(finished.stdout)
    with record.step("auditor", "reads the timeline of the deal from the journal"):
        timeline = world.auditor.read("/events/", correlation_id=played.application_id, limit=PAGE)[
            "items"
        ]
    with record.step("auditor", "reads the trial balance: debits equal credits"):
        balance = world.auditor.read("/ledger/trial-balance")
        if not all(total["balanced"] for total in balance["totals"]):
            raise UnexpectedAnswer("the ledger does not balance")
    with record.step("auditor", "reads the allotment"):
        allotment = world.auditor.read(f"/allotments/{world.allotment_id}")
    return {
        "verify": verified,
        "timeline": timeline,
        "trial_balance": balance,
        "allotment": allotment,
    }


def show(outcome: dict[str, Any], console: Console) -> None:
    """Print timeline, trial balance and allotment as tables."""
    console.print(_timeline(outcome["timeline"]))
    console.print(_balance(outcome["trial_balance"]))
    console.print(_allotment(outcome["allotment"]))


def _timeline(events: list[dict[str, Any]]) -> Table:
    table = Table(title="Timeline of the deal", title_justify="left")
    for column in ("log", "time (UTC)", "event", "by"):
        table.add_column(column)
    for event in events:
        table.add_row(
            event.get("sequence", "").lstrip("0") or "0",
            event["time"][:23].replace("T", " "),
            event["type"].removeprefix("tollgate."),
            event["role"],
        )
    return table


def _balance(balance: dict[str, Any]) -> Table:
    table = Table(title="Trial balance, posted", title_justify="left")
    table.add_column("account")
    for column in ("debits", "credits"):
        table.add_column(column, justify="right")
    for account in balance["accounts"]:
        debited, credited = account["debits_posted_cents"], account["credits_posted_cents"]
        money = (_money(debited, account["currency"]), _money(credited, account["currency"]))
        table.add_row(account["name"], *money)
    for total in balance["totals"]:
        debited, credited = total["debits_posted_cents"], total["credits_posted_cents"]
        money = (_money(debited, total["currency"]), _money(credited, total["currency"]))
        table.add_row(f"[bold]all in {total['currency']}", *money)
    return table


def _money(cents: str, currency: str) -> str:
    return f"{currency} {int(cents) // 100:,}.{int(cents) % 100:02d}"


def _allotment(allotment: dict[str, Any]) -> Table:
    table = Table(title="Allotment: at most half of what was sold at home", title_justify="left")
    counters = allotment["state"]["volume"]["counters"]
    names = list(counters["units"])
    table.add_column("metric")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for metric, tally in counters.items():
        table.add_row(metric, *(f"{int(tally[name]):,}" for name in names))
    return table
