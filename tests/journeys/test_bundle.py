"""The bundle of a whole deal: proved by the one-file verifier, its totals those of the deal."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from audits.exporting import scopes
from audits.exporting.bundle import Order, export
from audits.exporting.scopes import Scope
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.exporting.test_tables import fits_dictionary
from tests.audits.sealing.published import LOG, publish
from tests.support.deal import Deal
from tests.support.stage import EDITIONS, Stage
from verifier.verify_bundle import main


@pytest.fixture
def deal(stage: Stage) -> Deal:
    """Play a deal to its end, and sign the log."""
    stage.sell_at_home(8)
    played = Deal(stage, stage.approved_customer())
    played.ready()
    played.dispatch()
    played.deliver().remit()
    Sequencer().run_until_empty()
    grow_until_idle()
    publish()
    return played


def test_whatever_began_in_a_deal_names_it(
    deal: Deal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exported(thing: UUID) -> bytes:
        export(Order(scope=Scope(kind="deal", id=thing)), tmp_path / str(thing))
        return (tmp_path / str(thing) / "events.jsonl").read_bytes()

    events = exported(deal.application_id)
    monkeypatch.setattr(scopes, "_CHUNK", 1)  # a deal may name more than are asked about at a time
    for thing in (deal.shipment_id, deal.remittance_id):
        assert exported(thing) == events


def test_a_deal_leaves_as_a_bundle(
    deal: Deal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("deal", "about"):
        place = tmp_path / kind
        export(
            Order(
                scope=Scope(kind=kind, id=deal.application_id),
                forms=frozenset({"cloudevents", "xlsx"}),
            ),
            place,
        )
        assert main([str(place), "--key", str(LOG.verifier_key)]) == 0
    assert "differences" not in capsys.readouterr().out

    manifest = json.loads((tmp_path / "deal/manifest.json").read_bytes())
    sums = {each["name"]: each["sums"] for each in manifest["totals"]}
    assert sums["levy confirmed (cents)"] == {"USD": str(deal.price_cents // 4)}
    assert sums["credited to escrow (cents)"] == {"USD": str(deal.price_cents)}
    assert list(sums["dispatched units"].values()) == ["4"]
    assert {"customer_approved", "product_registered", "list_imported"} <= set(
        manifest["counts"]["types"]
    )
    dictionary = json.loads((tmp_path / "deal/columns.json").read_bytes())
    for line in (tmp_path / "deal/events.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)["event"]
        fits_dictionary(event["data"], dictionary["events"][event["type"]], dictionary)
    texts = [path.name for path in (tmp_path / "deal/named").rglob("*.toml")]
    assert texts
    for name in texts:
        text = (tmp_path / "deal/named/edition_published" / name).read_bytes()
        assert text == (EDITIONS / name).read_bytes()
