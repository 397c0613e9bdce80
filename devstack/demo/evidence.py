"""The chapter `proof`: what an auditor can show who trusts neither us nor our administrators."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
from rich.console import Console
from rich.table import Table

from devstack import paths
from devstack.demo import acts, attacks, copies
from devstack.demo.attacks import ATTACKS, Attack
from devstack.demo.client import UnexpectedAnswer
from devstack.demo.outsider import Outsider
from devstack.demo.play import Deal, World
from devstack.demo.record import Record
from devstack.provision import DATABASE
from devstack.servers import SUPERUSER
from devstack.stack import Stack

STEPS: Final = 47
BACKUP, EVIDENCE, VICTIM = "tollgate_backup", "tollgate_evidence", "tollgate_victim"
AUDITOR, SEALER = "tollgate_auditor", "tollgate_sealer"
SEALING_HALTED: Final = 3
ROLLED_BACK: Final = "log_rolled_back"
LINEAGE: Final = ("audit", "lineage")
LOG_CHANGED: Final = "log_changed"
"""What an export says that finds fewer events than were signed."""


def play(stack: Stack, world: World, record: Record) -> dict[str, Any]:
    """Play the chapter; give what was found."""
    record.begin("The ground")
    acts.prepare(world, record)
    record.begin("The deal")
    played = acts.deal(world, record)
    wait_until_sealed(stack, world)
    with record.step("thief", "keeps a copy of the database, with all its keys and checkpoints"):
        copies.copy(stack, BACKUP)
    record.begin("The policy changes")
    acts.policy_change(world, record)
    record.begin("The outside")
    auditor = Outsider(stack.state / "outside", verifier_key(stack))
    with record.step("auditor", "keeps the newest checkpoint on a disk of their own"):
        outside = keepsakes() / "checkpoint"
        outside.write_text(wait_until_sealed(stack, world), encoding="utf-8")
    exported = export_and_verify(stack, record, auditor, outside, played)
    record.begin("Eight ways to tamper")
    caught = tamper(stack, record, auditor, outside)
    record.begin("The past")
    found = {
        "exported": exported,
        "caught": caught,
        "key": auditor.key,
        "checkpoint": str(outside),
    }
    return found | look_back(stack, world, record, played)


def verifier_key(stack: Stack) -> str:
    """Ask for the public key of the log, as it would be published."""
    listed = stack.manage("signing_key", "list").stdout.splitlines()
    [key] = [line.removeprefix("signs: ") for line in listed if line.startswith("signs: ")]
    return key


def wait_until_sealed(stack: Stack, world: World) -> str:
    """Wait until a checkpoint covers everything; give its note."""
    if stack.postgres is None:
        raise RuntimeError("The chapter needs a database server of its own")
    with psycopg.connect(stack.postgres.url(DATABASE)) as connection:
        row = connection.execute("SELECT count(*) FROM audits_event").fetchone()
    count = row[0] if row else 0
    newest = world.auditor.wait_for("/checkpoints/latest", lambda body: body["size"] >= count)
    return str(newest["note"])


def keepsakes() -> Path:
    """Say where bundles, checkpoint and picture stay when the story is over."""
    return paths.private_directory(paths.state_directory() / "proof")


def export_and_verify(
    stack: Stack, record: Record, auditor: Outsider, outside: Path, played: Deal
) -> dict[str, Any]:
    """Export the deal and the whole log, and have both verified far from us."""
    record.begin("The bundle")
    found = {}
    scopes = {"deal": ("--deal", played.application_id), "log": ("--all",)}
    size = outside.read_text().splitlines()[1]
    for name, scope in scopes.items():
        place = stack.state / f"{name}.zip"
        with record.step(
            "auditor", f"exports the {name}: events, proofs, editions, control totals"
        ):
            options = (str(place), *scope, "--since", size, "--json")
            told = stack.manage("audit", "export", *options, role=AUDITOR).stdout
        with record.step(
            "auditor", f"verifies the {name} in a bare Python, without any of our code"
        ):
            verified = auditor.verify(place, outside)
            if verified["difference_count"]:
                raise UnexpectedAnswer(f"{name}: {verified}")
        kept = shutil.copy(place, keepsakes())
        found[name] = {"exported": json.loads(told), "verified": verified, "kept": str(kept)}
    return found


def tamper(stack: Stack, record: Record, auditor: Outsider, outside: Path) -> list[dict[str, Any]]:
    """Tamper with copies in eight ways; each must be found with the key and one checkpoint alone."""
    copies.copy(stack, EVIDENCE)
    caught = []
    for number, attack in enumerate(ATTACKS):
        with record.step("superuser", attack.what):
            name = f"{VICTIM}_{number}"
            copies.copy(stack, name, source=EVIDENCE)
            assault(stack, name, attack)
            caught.append(catch(stack, auditor, outside, name, attack.what))
    with record.step("superuser", what := "puts an older backup in the place of the database"):
        caught.append(catch(stack, auditor, outside, BACKUP, what))
        if ROLLED_BACK not in caught[-1]["codes"]:
            raise UnexpectedAnswer(f"{what}: {caught[-1]}")
    with record.step("sealer", "refuses to sign after the backup: what was published is ahead"):
        sealed = stack.manage("seal", role=SEALER, database=BACKUP, check=False)
        if sealed.returncode != SEALING_HALTED:
            raise UnexpectedAnswer(f"it sealed: {sealed.stdout} {sealed.stderr}")
    return caught


def assault(stack: Stack, name: str, attack: Attack) -> None:
    """Carry an attack out on a copy, as the superuser of its server."""
    if stack.postgres is None:
        raise RuntimeError("Nothing to tamper with")
    attacks.carry_out(attack, stack.postgres.url(name, SUPERUSER))


def catch(stack: Stack, auditor: Outsider, outside: Path, name: str, what: str) -> dict[str, Any]:
    """Export a copy that was tampered with; say by which codes it shows, there or to the verifier."""
    place = stack.state / f"{name}.zip"
    options = (str(place), "--all", "--json")
    told = stack.manage("audit", "export", *options, role=AUDITOR, database=name, check=False)
    if told.returncode and LOG_CHANGED in told.stderr:
        return {"what": what, "codes": [LOG_CHANGED]}
    if told.returncode:
        raise UnexpectedAnswer(f"{what}: {told.stderr}")
    found = auditor.verify(place, outside)
    if not found["difference_count"]:
        raise UnexpectedAnswer(f"{what}: nobody noticed")
    return {"what": what, "codes": sorted({each["code"] for each in found["differences"]})}


def look_back(stack: Stack, world: World, record: Record, played: Deal) -> dict[str, Any]:
    """Answer for the past: a state, a difference, every decision again, another edition."""
    events = world.auditor.read("/events/", correlation_id=played.application_id, limit=200)[
        "items"
    ]
    [dispatch] = [each for each in events if each["type"].endswith(".shipment_dispatched")]
    place = int(dispatch["sequence"])
    with record.step("auditor", "replays the shipment as it stood before it left: cleared"):
        asked = ("replay", "shipment", "--id", played.shipment_id, "--log-index", str(place - 1))
        then = audit(stack, *asked)
        if (then["status"], audit(stack, *asked)) != ("cleared", then):
            raise UnexpectedAnswer(f"the shipment stood otherwise: {then}")
    with record.step("auditor", "lists what the dispatch changed, thing by thing"):
        changed = audit(stack, "difference", "--from", str(place - 1), "--to", str(place))
    with record.step(
        "auditor", "has every recorded decision taken again: none comes out otherwise"
    ):
        again = audit(stack, "recompute")
    with record.step("auditor", "judges the same history under the edition that bans the H200"):
        banned = audit(stack, "counterfactual", "--edition", acts.ban_name(world))
    with record.step("auditor", "draws where the Treasury's dollars come from, as a picture"):
        drawn = stack.manage(*LINEAGE, played.remittance_id, "--format", "svg", role=AUDITOR)
        picture = keepsakes() / "lineage.svg"
        picture.write_text(drawn.stdout, encoding="utf-8")
    return {
        "then": then,
        "changed": changed,
        "recomputed": again,
        "under_the_ban": banned,
        "lineage": str(picture),
    }


def audit(stack: Stack, *arguments: str) -> Any:
    """Run a tool of the auditor and read its answer."""
    return json.loads(stack.manage("audit", *arguments, "--json", role=AUDITOR).stdout)


def show(outcome: dict[str, Any], console: Console) -> None:
    """Print what was proved, what was caught, what the past was and would have been otherwise."""
    for name, found in outcome["exported"].items():
        console.print(f"\n[bold]What the bundle of the {name} proves")
        for line in found["verified"]["proved"]:
            console.print(f"  {line}", highlight=False)
    table = Table(title="Caught with the public key and one older checkpoint", title_justify="left")
    for column in ("what somebody did", "what the verifier says"):
        table.add_column(column)
    for each in outcome["caught"]:
        table.add_row(each["what"], ", ".join(each["codes"]))
    console.print(table)
    console.print("What the past says", style="bold")
    for line in told_of_past(outcome):
        console.print(f"  {line}", highlight=False)
    console.print("Check it yourself:", style="bold")
    verifier, bundle = paths.ROOT / "verifier" / "verify_bundle.py", outcome["exported"]["log"]
    command = f"{sys.executable} {verifier} {bundle['kept']} --checkpoint {outcome['checkpoint']}"
    console.print(f"  {command} --key '{outcome['key']}'", soft_wrap=True, highlight=False)
    console.print(f"  and open {outcome['lineage']}", highlight=False)


def told_of_past(outcome: dict[str, Any]) -> Iterator[str]:
    """Say in words what replay, difference, recompute and counterfactual found."""
    then, changed, again = outcome["then"], outcome["changed"], outcome["recomputed"]
    yield f"Before it left the shipment was {then['status']}, at version {then['version']}."
    touched = sorted({each["kind"] for each in changed["changes"]})
    yield f"The dispatch alone changed: {', '.join(touched)}."
    counted = {way: sum(each.values()) for way, each in again["decisions"].items()}
    taken = counted["taken_again"] + counted["refused_again"]
    otherwise = again["otherwise"]
    yield f"Of {sum(counted.values())} decisions {taken} were taken again, {otherwise} otherwise."
    banned = outcome["under_the_ban"]
    for what in ("grants", "shipments"):
        values = Counter[str]()
        for each in banned[what]:
            values[each["currency"]] += int(each["value_cents"])
        worth = " and ".join(f"{dollars(cents)} {unit}" for unit, cents in sorted(values.items()))
        yield f"Under the ban {len(banned[what])} {what} would have failed{worth and f': {worth}'}."


def dollars(cents: int) -> str:
    """Write an amount of money for people."""
    return f"{cents // 100:,}.{cents % 100:02}"
