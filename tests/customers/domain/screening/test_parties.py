"""Screening a party: every name of everybody concerned, hits with lasting ids, a bounded result."""

import msgspec
import pytest
from msgspec.structs import replace

from customers.domain.customer.events import CustomerScreened
from customers.domain.customer.values import Screening
from customers.domain.hits import (
    MAX_HITS,
    MAX_PRINTED,
    Hit,
    ListMatch,
    NameTooCommon,
    NativeNameOnly,
    ScreenedName,
    Subject,
)
from customers.domain.party import Owner, Party, UltimateParent
from customers.domain.screening.matching import ListedName, Matcher
from customers.domain.screening.parsing import parse_list
from customers.domain.screening.parties import screen_party
from tests.customers.histories import PARTY
from tests.customers.screening_data import OWN_SAMPLE, content, listed_names
from tests.support.people import identity

CUSTOMER = identity("customer")


def listed(*names: str) -> list[ListedName]:
    return [
        ListedName(f"entry-{number}", f"{number:064}", "Entity List", name, name)
        for number, name in enumerate(names)
    ]


def screen(party: Party, *names: str, version: int = 1) -> tuple[Hit, ...]:
    return screen_party(CUSTOMER, party, party_version=version, matcher=Matcher(listed(*names)))


def test_a_clear_party_has_no_hits() -> None:
    assert screen(PARTY, "Aurora Shipyard", "Zenith Rocket Institute") == ()


def test_a_hit_says_whose_name_resembles_which_alias_and_how_much() -> None:
    (hit,) = screen(PARTY, "Aurora Shipyard", "NANJING RIVERSIDE CLOUD COMPUTING")
    assert hit == Hit(
        hit_id=hit.hit_id,
        screened=ScreenedName(subject=Subject.PARTY, subject_name=PARTY.name, name=PARTY.name),
        cause=ListMatch(
            entry_id="entry-1",
            entry_hash=f"{1:064}",
            source="Entity List",
            entry_name="NANJING RIVERSIDE CLOUD COMPUTING",
            alias="NANJING RIVERSIDE CLOUD COMPUTING",
            score_per_mille=990,
        ),
    )


@pytest.mark.parametrize(
    ("listed_name", "subject", "screened_name"),
    [
        ("Riverside Cloud", Subject.PARTY, "Riverside Cloud"),
        ("Meadow Fund", Subject.OWNER, "Meadow Fund"),
    ],
)
def test_aliases_and_owners_are_screened(
    listed_name: str, subject: Subject, screened_name: str
) -> None:
    hits = screen(PARTY, listed_name)
    assert [(hit.screened.subject, hit.screened.name) for hit in hits] == [(subject, screened_name)]


def test_a_listed_parent_that_is_an_owner_too_gives_a_hit_in_each_part() -> None:
    hits = screen(PARTY, "Riverside Holding")
    assert {hit.screened.subject for hit in hits} == {Subject.ULTIMATE_PARENT, Subject.OWNER}


def test_a_party_that_is_its_own_parent_is_screened_once() -> None:
    own_parent = replace(
        PARTY, ultimate_parent=UltimateParent(name=PARTY.name, country="CN"), owners=()
    )
    assert [hit.screened.subject for hit in screen(own_parent, PARTY.name)] == [Subject.PARTY]


def test_one_entry_hits_once_by_the_name_that_resembles_it_most() -> None:
    (hit,) = screen(PARTY, "Riverside Cloud Ltd")
    assert hit.screened.subject_name == PARTY.name
    assert hit.screened.name == "Riverside Cloud"


def test_the_native_name_is_compared_too() -> None:
    native = replace(PARTY, native_name="华为")
    assert [hit.screened.name for hit in screen(native, "Huawei")] == ["华为"]


@pytest.mark.parametrize(
    ("party", "subject"),
    [
        (replace(PARTY, name="南京某某云计算有限公司", aliases=()), Subject.PARTY),
        (
            replace(PARTY, ultimate_parent=UltimateParent(name="某某控股", country="CN")),
            Subject.ULTIMATE_PARENT,
        ),
        (
            replace(PARTY, owners=(Owner(name="某某", country="CN", share_basis_points=1),)),
            Subject.OWNER,
        ),
    ],
)
def test_whoever_has_a_native_name_only_goes_to_a_person(party: Party, subject: Subject) -> None:
    (hit,) = screen(party, "Aurora Shipyard")
    assert (hit.screened.subject, hit.cause) == (subject, NativeNameOnly())


def test_a_native_name_beside_a_latin_one_needs_no_person() -> None:
    native_first = replace(PARTY, name="南京某某云计算有限公司", aliases=("Riverside Cloud",))
    assert screen(native_first, "Aurora Shipyard") == ()


def ids(hits: tuple[Hit, ...]) -> list[str]:
    return [str(hit.hit_id) for hit in hits]


def test_a_hit_keeps_its_id_while_party_version_and_entry_version_stay() -> None:
    first = screen(PARTY, PARTY.name)
    assert ids(screen(PARTY, PARTY.name, "Aurora Shipyard")) == ids(first)


def test_another_party_version_entry_version_or_customer_makes_another_hit() -> None:
    (first,) = ids(screen(PARTY, PARTY.name))
    assert ids(screen(PARTY, PARTY.name, version=2)) != [first]
    assert ids(screen(PARTY, "Aurora Shipyard", PARTY.name)) != [first]  # another hash
    elsewhere = screen_party(
        identity("other"), PARTY, party_version=1, matcher=Matcher(listed(PARTY.name))
    )
    assert ids(elsewhere) != [first]


def test_hits_come_best_first() -> None:
    scores = [
        hit.cause.score_per_mille
        for hit in screen(PARTY, "Riverside Clouds", "Riverside Cloud", "Meadow Funds")
        if isinstance(hit.cause, ListMatch)
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3


def too_many(count: int) -> tuple[Hit, ...]:
    return screen(PARTY, *[f"Riverside Cloud ({number})" for number in range(count)])


def test_up_to_the_limit_every_hit_is_named() -> None:
    assert len(too_many(MAX_HITS)) == MAX_HITS
    assert all(isinstance(hit.cause, ListMatch) for hit in too_many(MAX_HITS))


def test_beyond_the_limit_one_hit_stands_for_all_the_rest() -> None:
    *named, last = too_many(MAX_HITS + 5)
    assert len(named) == MAX_HITS - 1
    assert isinstance(last.cause, NameTooCommon)
    assert last.cause.entries == 6
    assert ids(too_many(MAX_HITS + 5))[-1] == str(last.hit_id)
    assert ids(too_many(MAX_HITS + 6))[-1] != str(last.hit_id)


def test_the_largest_screening_fits_into_one_event() -> None:
    widest = "\U0002070e" * MAX_PRINTED
    match = screen(PARTY, PARTY.name)[0].cause
    assert isinstance(match, ListMatch)
    hit = Hit(
        hit_id=CUSTOMER,
        screened=ScreenedName(subject=Subject.ULTIMATE_PARENT, subject_name=widest, name=widest),
        cause=replace(match, alias=PARTY.name * 4, entry_name=PARTY.name * 4),
    )
    screening = Screening(
        party_version=1,
        list_sha256="1" * 64,
        algorithm="tollgate-token-alignment",
        algorithm_version=1,
        threshold_per_mille=780,
        hits=(hit,) * MAX_HITS,
    )
    assert len(msgspec.json.encode(CustomerScreened(screening=screening))) < 60_000


def test_a_paragraph_of_a_name_is_cut_to_what_a_hit_holds() -> None:
    (hit,) = screen(PARTY, PARTY.name + " (" + "x" * 3_000 + ")")
    assert msgspec.convert(msgspec.to_builtins(hit), Hit) == hit


def test_the_sample_list_stops_the_parties_on_it() -> None:
    matcher = Matcher(listed_names(parse_list(content(OWN_SAMPLE.path)).entries))
    for name in ("Huawei Technologies", "Hang Zhou Hikvision", "SMIC", "Inspur Cloud", "DJI"):
        listed_party = replace(PARTY, name=name, aliases=())
        assert screen_party(CUSTOMER, listed_party, party_version=1, matcher=matcher), name
    assert screen_party(CUSTOMER, PARTY, party_version=1, matcher=matcher) == ()
