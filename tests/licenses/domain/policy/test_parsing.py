"""From TOML to an edition: every problem at once, or none."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.kernel import Refused
from licenses.domain.policy.parsing import EDITION_CHARACTERS_AT_MOST, parse_edition
from tests.licenses.domain.policy.deals import BRIEF, BRIEF_TOML, RULE, RULE_TOML


def _problems(toml: str) -> list[str]:
    with pytest.raises(Refused) as refusal:
        parse_edition(toml)
    assert refusal.value.code == "edition_malformed"
    problems: Any = refusal.value.extra["problems"]
    assert all(problem in str(refusal.value) for problem in problems)
    return list(problems)


def _edited(toml: str, old: str, new: str) -> str:
    assert toml.count(old) == 1, f"{old!r} is there {toml.count(old)} times"
    return toml.replace(old, new)


def test_every_problem_is_named_at_once_with_its_path() -> None:
    toml = _edited(BRIEF_TOML, 'name = "brief-2026"', 'name = "Brief 2026"')
    toml = _edited(toml, "ratio_denominator = 2", "ratio_denominator = 0\nratio = 0.5")
    toml = _edited(toml, 'on_ban = "forfeit"', 'on_ban = "keep"')
    toml = _edited(toml, "long_stop_days = 180", "")
    toml = _edited(toml, 'numerator_countries = ["CN", "HK"]', 'numerator_countries = ["CN", "XX"]')
    toml = _edited(toml, 'kind = "import_clearance"', 'kind = "stamp"')
    toml += '\n[[bans]]\nmodels = ["H200"]\nreason = "turned"\n[extra]\n'

    assert _problems(toml) == [
        "name: 'Brief 2026' is not of the form asked for",
        "cap.numerator_countries[1]: 'XX' is not of the form asked for",
        "cap.ratio_denominator: Expected `int` >= 1",
        "cap.ratio: unknown",
        "prepayment.on_ban: Invalid enum value 'keep'",
        "prepayment.long_stop_days: missing",
        "clearance.gates[1].kind: Invalid enum value 'stamp'",
        "bans[0].citation: missing",
        "extra: unknown",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("T00:00:00-05:00", "T00:00:00", "effective_from: Expected `datetime` with a timezone"),
        ('eccns = ["3A090.a", "4A090.a"]\nitn', "eccns = []\nitn", "filing.eccns: Expected `array`"),
        ("rate_numerator = 25", "rate_numerator = 25.0", "levy.rate_numerator: Expected `int`"),
        ("required = true\nlaboratory", "required = 1\nlaboratory", "testing.required: Expected `bool`"),
        ("tpp_below = 21000", "tpp_below = 0", "testing.tpp_below: Expected `int` >= 1"),
        ('title = "The deal', 'title = "\\u0000The deal', "title: '\\x00The deal"),
        ("[supply]\n", "[supply]\ncommercially_available_by = 7\n", "supply.commercially_available_by"),
        ('family = "brief"', 'family = ["brief"]', "family: Expected `str`, got `array`"),
        ("[screening]\n", "[screening]\naffiliates = 7\n", "screening.affiliates: Expected `array`"),
        ("[product]", "product = 7\n[goods]", "product: Expected `object`, got `int`"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named(old: str, new: str, problem: str) -> None:
    assert _problems(_edited(BRIEF_TOML, old, new))[0].startswith(problem)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "sample_numerator = 1    #",
            "sample_numerator = 21 #",
            "testing: samples more than the lot",
        ),
        ("rate_numerator = 25", "rate_numerator = 101", "levy: takes more than its base"),
        (
            'numerator_countries = ["CN", "HK"]',
            'numerator_countries = ["CN", "US"]',
            "cap: counts a country against itself",
        ),
        (
            'refused_generations = [\n  "Blackwell"',
            'refused_generations = [\n  "HOPPER"',
            "product: a generation is both admitted and refused",
        ),
        (
            'shipped_from = ["US"]',
            'shipped_from = ["US"]\ndestinations = ["CN", "KP"]',
            "destination: a country is both admitted and refused",
        ),
        (
            'due_event = "dispatch"',
            'due_event = "import_for_testing"',
            "levy: sale proceeds are due at dispatch, entered value at import for testing",
        ),
        (
            'itn_pattern = "X[0-9]{14}"',
            'itn_pattern = "X["',
            "filing.itn_pattern: not a regular expression: unterminated character set at position 1",
        ),
        (
            'kind = "import_clearance"',
            'kind = "end_user_statement"',
            "clearance.gates: a country has the same gate twice",
        ),
        (
            "[filing]",
            '[[bans]]\nreason = "turned"\ncitation = "92 FR 1"\n[filing]',
            "bans[0]: bans nothing",
        ),
    ],
)
def test_what_fits_its_type_and_makes_no_sense_is_named(old: str, new: str, problem: str) -> None:
    assert _problems(_edited(BRIEF_TOML, old, new)) == [problem]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("tpp_above = 14000", "tpp_above = 17500", "levy.windows[0]: no TPP lies inside"),
        (
            "dram_bandwidth_gb_per_s_above = 5800",
            "dram_bandwidth_gb_per_s_above = 6200",
            "levy.windows[1]: no DRAM bandwidth lies inside",
        ),
        (
            "effective_from = 2025-11-10T00:00:00-05:00",
            "effective_from = 2025-09-29T04:00:00Z",
            "screening.affiliates: not in order of time",
        ),
    ],
)
def test_windows_and_switches_of_the_rule(old: str, new: str, problem: str) -> None:
    assert _problems(_edited(RULE_TOML, old, new)) == [problem]


def test_a_levy_on_sale_proceeds_has_no_windows() -> None:
    windows = "\n[[levy.windows]]" + RULE_TOML.split("[[levy.windows]]", 1)[1].split("[license]")[0]

    assert parse_edition(BRIEF_TOML).levy.windows == ()
    assert _problems(BRIEF_TOML + windows) == [
        "levy.windows: a levy on sale proceeds covers every product"
    ]


@pytest.mark.parametrize("what", ['models = ["H200"]', 'generations = ["Hopper"]'])
def test_a_ban_on_models_or_on_generations_is_enough(what: str) -> None:
    edition = parse_edition(
        f'{BRIEF_TOML}\n[[bans]]\n{what}\nreason = "turned"\ncitation = "92 FR 1"\n'
    )

    assert [ban.reason for ban in edition.bans] == ["turned"]


@pytest.mark.parametrize(
    "toml",
    ["name = ", 'name = "a"\nname = "b"', "\x00", "a = " + "[" * 50_000, "a = " + "9" * 5_000],
)
def test_what_is_not_toml_is_refused_and_nothing_else_happens(toml: str) -> None:
    (problem,) = _problems(toml)

    assert problem.startswith("not TOML: ")


def test_an_edition_has_a_longest_length() -> None:
    filler = "#" * (EDITION_CHARACTERS_AT_MOST - len(BRIEF_TOML))

    assert parse_edition(BRIEF_TOML + filler) == BRIEF
    assert _problems(BRIEF_TOML + filler + "#") == ["longer than 65,536 characters"]


@given(text=st.text(max_size=200))
def test_any_text_is_an_edition_or_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_edition(text)


@given(drop=st.sets(st.integers(0, len(BRIEF_TOML.splitlines()) - 1), min_size=1, max_size=5))
def test_an_edition_with_lines_missing_is_an_edition_or_refused(drop: set[int]) -> None:
    lines = BRIEF_TOML.splitlines()
    text = "\n".join(line for number, line in enumerate(lines) if number not in drop)
    with suppress(Refused):
        assert parse_edition(text).name == "brief-2026"


@pytest.mark.parametrize(
    ("old", "just_fits", "too_much"),
    [
        ("value_tolerance_percent = 10", "value_tolerance_percent = 0", "value_tolerance_percent = -1"),
        ("value_tolerance_percent = 10", "value_tolerance_percent = 100", "value_tolerance_percent = 101"),
        ("owned_percent_at_least = 50", "owned_percent_at_least = 1", "owned_percent_at_least = 0"),
        ("owned_percent_at_least = 50", "owned_percent_at_least = 100", "owned_percent_at_least = 101"),
        ("long_stop_days = 180", "long_stop_days = 1", "long_stop_days = 0"),
        ("quantity_tolerance = 0", "quantity_tolerance = 0", "quantity_tolerance = 1"),
        ("long_stop_days = 180", f"long_stop_days = {2**53 - 1}", f"long_stop_days = {2**53}"),
        ('"civilian_end_use", "no_military_end_use", ', "", '"parade", '),
        ('["civilian_end_use", "no_military_end_use", "security_measures"]', '["security_measures"]', "[]"),
        ('itn_pattern = "X[0-9]{14}"', f'itn_pattern = "{"X" * 100}"', f'itn_pattern = "{"X" * 101}"'),
        ('itn_pattern = "X[0-9]{14}"', 'itn_pattern = "X"', 'itn_pattern = ""'),
        ('citation = "15 CFR 758.1 and 15 CFR 30.6: Electronic Export Information before departure"',
         'citation = "E.O"', 'citation = "EO"'),
        ('citation = "15 CFR 758.1 and 15 CFR 30.6: Electronic Export Information before departure"',
         f'citation = "{"x" * 400}"', f'citation = "{"x" * 401}"'),
        ('name = "brief-2026"', f'name = "{"a" * 60}"', f'name = "{"a" * 61}"'),
        ('name = "brief-2026"', 'name = "a-1"', 'name = "a-1\\n"'),
        ('license_code = "C30"', 'license_code = "X99"', 'license_code = "30"'),
        ('license_code = "C30"', 'license_code = "X99"', 'license_code = "C30\\n"'),
        ("rate_numerator = 25", "rate_numerator = 100", "rate_numerator = 101"),
        ("sample_numerator = 1    #", "sample_numerator = 20 #", "sample_numerator = 21 #"),
    ],
)  # fmt: skip
def test_limits_of_an_edition_on_both_sides(old: str, just_fits: str, too_much: str) -> None:
    parse_edition(_edited(BRIEF_TOML, old, just_fits))

    assert len(_problems(_edited(BRIEF_TOML, old, too_much))) == 1


def test_the_two_editions_differ_where_the_sources_do() -> None:
    assert (BRIEF.name, BRIEF.family, RULE.name, RULE.family) == (
        "brief-2026", "brief", "rule-2026", "rule",
    )  # fmt: skip
    assert (BRIEF.product.tpp_below, BRIEF.product.dram_bandwidth_gb_per_s_below) == (None, None)
    assert (RULE.product.tpp_below, RULE.product.dram_bandwidth_gb_per_s_below) == (21_000, 6_500)
    assert (BRIEF.cap.metric, RULE.cap.metric) == ("units", "tpp")
    assert (BRIEF.levy.base, BRIEF.levy.payer) == ("sale_proceeds", "exporter")
    assert (RULE.levy.base, RULE.levy.payer) == ("entered_value", "importer_of_record")
    assert RULE.customer.remote_countries == ("BY", "CN", "CU", "IR", "MO", "KP", "RU", "VE")
    assert BRIEF.effective_from.isoformat() == "2026-01-15T00:00:00-05:00"
