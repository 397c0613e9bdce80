"""Names in comparable form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.domain.screening.normalizing import (
    is_native_only,
    normalize,
    read,
    readings,
    rejoin,
    words,
)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Huawei Technologies Co., Ltd.", "huawei technologies"),
        ("HUAWEI  TECHNOLOGIES", "huawei technologies"),
        ("Wang, Wei", "wang wei"),
        ("Phytium (Tianjin) L.L.C.", "phytium tianjin"),
        ("S.C. Meridian & Söhne p.l.c.", "meridian sc sohne"),
        ("The Bank of the North", "bank north"),
        ("Qa'im al-Nasr", "nasr qaim"),
        ("Михаил", "mikhail"),
        ("Company Limited", "company limited"),
        ("!?", ""),
        ("", ""),
    ],
)
def test_a_name_in_comparable_form(name: str, normal: str) -> None:
    assert normalize(name) == normal


@given(st.text())
def test_normalizing_twice_changes_nothing(name: str) -> None:
    assert normalize(normalize(name)) == normalize(name)


@given(st.text())
def test_a_normalized_name_is_lower_case_ascii_words_in_order(name: str) -> None:
    normal = normalize(name).split(" ") if normalize(name) else []
    assert normal == sorted(normal)
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in normal)


@given(st.lists(st.sampled_from(["north", "star", "lane", "No.", "7"]), min_size=1))
def test_the_order_of_words_does_not_matter(parts: list[str]) -> None:
    assert normalize(" ".join(parts)) == normalize(" ".join(reversed(parts)))


def test_the_words_of_a_name_keep_their_order_and_legal_form() -> None:
    assert words("Zeta A.B.C. Alpha-Beta GmbH") == ("zeta", "abc", "alpha", "beta", "gmbh")


def test_a_reading_joins_telling_words_in_their_order() -> None:
    assert read("Zeta  Alpha Ltd").joined == "zetaalpha"
    assert read("Zeta  Alpha Ltd").folded == "zeta alpha ltd"


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("Sunway", ("Sunway",)),
        (
            "Orion Export Company; and any successor, sub-unit, or subsidiary thereof",
            (
                "Orion Export Company; and any successor, sub-unit, or subsidiary thereof",
                "Orion Export Company",
            ),
        ),
        ("Orion (Thailand) Co.", ("Orion (Thailand) Co.", "Orion   Co.")),
        (
            "Orion Image (a.k.a. Orion Industries, Inc.; CK)",
            (
                "Orion Image (a.k.a. Orion Industries, Inc.; CK)",
                "Orion Image",
                "Orion Industries, Inc.; CK)",
            ),
        ),
        ("f.k.a. Orion Oil", ("f.k.a. Orion Oil", "Orion Oil")),
        ("!?", ()),
    ],
)
def test_an_alias_is_read_in_every_way_that_the_lists_write_it(
    alias: str, expected: tuple[str, ...]
) -> None:
    assert readings(alias) == expected


def test_neighbors_are_joined_where_the_other_name_joins_them() -> None:
    ordered = ("hang", "zhou", "bay", "hang")
    assert rejoin(ordered, ("hangzhou", "bayhang")) == ("hangzhou", "bayhang")
    assert rejoin(ordered, ("zhoubay",)) == ("hang", "zhoubay", "hang")
    assert rejoin(ordered, ("hang", "zhou")) == ordered
    assert rejoin((), ("hang",)) == ()


@pytest.mark.parametrize(
    "name", ["北京某某科技有限公司", "北京某某 Technology Co., Ltd.", "Альфа", "北京 7", "42", ""]
)
def test_what_the_lists_could_not_clear_is_native_only(name: str) -> None:
    assert is_native_only(name)


@pytest.mark.parametrize("name", ["Huawei", "华为 Huawei", "Société", "Company Limited", "N. 7"])
def test_a_name_told_apart_in_latin_letters_is_not_native_only(name: str) -> None:
    assert not is_native_only(name)
