"""A customer over HTTP: registered by an exporter, adjudicated and approved by two officers."""

from datetime import timedelta, timezone
from typing import Any

import pytest

from audits import context, work
from tests.support.client import ApiClient, problem
from tests.support.stage import CERTIFICATION, EDITIONS, MEASURES, SAMPLE_LIST, Stage, party

pytestmark = pytest.mark.django_db


@pytest.fixture
def _world() -> None:
    stage = Stage()
    stage.enforce((EDITIONS / "brief-2026.toml").read_text())
    stage.import_list(SAMPLE_LIST.read_bytes())
    stage.settle()


def registered(exporter: ApiClient, **changes: Any) -> str:
    answer = exporter.post("customers/", {"party": party() | changes})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["stream_id"])


def act(client: ApiClient, path: str, body: dict[str, Any]) -> Any:
    """Decide on the present version, as a person who has just read it does."""
    tag = client.get(path.rpartition("/")[0])["ETag"]
    answer = client.post(path, body, if_match=tag)
    assert answer.status_code == 200, answer.content
    return answer


@pytest.mark.usefixtures("_world")
def test_a_customer_is_approved_by_two_officers(
    exporter: ApiClient, officer: ApiClient, second_officer: ApiClient
) -> None:
    customer = f"customers/{registered(exporter)}"
    act(exporter, f"{customer}/end-use-certifications", {"certification": CERTIFICATION})
    act(exporter, f"{customer}/security-measures", {"measures": MEASURES})
    work.run_due()
    ends = context.database_now() + timedelta(days=300)
    until = ends.astimezone(timezone(timedelta(hours=17, minutes=22))).isoformat()
    act(officer, f"{customer}/approval-proposals", {"expires_at": until, "reason": "Civilian"})
    own = officer.post(
        f"{customer}/approvals", {"expires_at": until}, if_match=officer.get(customer)["ETag"]
    )
    problem(own, 409, "four_eyes")
    act(second_officer, f"{customer}/approvals", {"expires_at": until})
    assert exporter.get(customer).json()["status"] == "approved"
    [row] = officer.get("customers/", {"status": "approved"}).json()["items"]
    assert row["approved_until"] == ends.isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("_world")
def test_a_hit_is_adjudicated_by_one_officer_and_released_by_another(
    exporter: ApiClient, officer: ApiClient, second_officer: ApiClient
) -> None:
    listed = {"name": "Huawei Technologies Co., Ltd.", "native_name": "华为技术有限公司"}
    customer = f"customers/{registered(exporter, **listed)}"
    work.run_due()
    hits = officer.get(customer).json()["state"]["file"]["screening"]["hits"]
    assert hits[0]["cause"]["kind"] == "list_match"
    assert officer.get("customers/", {"open_hits_from": 1}).json()["items"]
    for hit in hits:
        finding = {
            "hit_id": hit["hit_id"],
            "disposition": "false_positive",
            "reason": "Another company",
        }
        act(officer, f"{customer}/adjudications", finding)
        release = {"hit_id": hit["hit_id"], "reason": "Agreed"}
        own = officer.post(f"{customer}/releases", release, if_match=officer.get(customer)["ETag"])
        problem(own, 409, "four_eyes")
        act(second_officer, f"{customer}/releases", release)
    assert not officer.get("customers/", {"open_hits_from": 1}).json()["items"]


def test_an_exporter_sees_nothing_of_anothers(exporter: ApiClient, intruder: ApiClient) -> None:
    customer = registered(exporter)
    assert intruder.get("customers/").json()["items"] == []
    problem(intruder.get(f"customers/{customer}"), 404, "not_found")
    amendment = intruder.post(
        f"customers/{customer}/amendments", {"party": party()}, if_match='"1"'
    )
    problem(amendment, 404, "not_found")


def test_an_amendment_of_what_changed_meanwhile_is_412(exporter: ApiClient) -> None:
    customer = f"customers/{registered(exporter)}"
    tag = exporter.get(customer)["ETag"]
    first = exporter.post(f"{customer}/amendments", {"party": party("Harbor Cloud")}, if_match=tag)
    assert first.status_code == 200
    second = exporter.post(f"{customer}/amendments", {"party": party("Harbor")}, if_match=tag)
    problem(second, 412, "wrong_expected_version")
