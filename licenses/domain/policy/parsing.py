"""From the text of an edition (TOML) to the edition, or to every problem at once. Pure."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from audits.kernel import Refused
from licenses.domain.policy.model import Edition

EDITION_CHARACTERS_AT_MOST: Final = 65_536


def parse_edition(text: str) -> Edition:
    """Read an edition; raises Refused `edition_malformed` that names every problem, by path.

    Unknown keys are problems: a rule that nobody reads would be a rule that nobody keeps.
    """
    table = _table(text)
    problems = list(_problems(table, Edition, ""))
    if not problems:
        edition = msgspec.convert(table, Edition)
        problems = list(_contradictions(edition))
        if not problems:
            return edition
    raise _malformed(problems)


def _table(text: str) -> dict[str, Any]:
    if len(text) > EDITION_CHARACTERS_AT_MOST:
        raise _malformed([f"longer than {EDITION_CHARACTERS_AT_MOST:,} characters"])
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # nesting without end exhausts the stack
        raise _malformed([f"not TOML: {error}"]) from error


def _malformed(problems: list[str]) -> Refused:
    return Refused(
        "edition_malformed",
        f"The edition has {len(problems)} problems: {'; '.join(problems)}",
        extra={"problems": problems},
    )


def _problems(value: object, hint: Any, path: str) -> Iterator[str]:
    """Walk a value beside its type and name what does not fit, leaf by leaf."""
    inner = _without_meta(hint)
    if isinstance(value, Mapping) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        yield from _table_problems(value, inner, path)
        return
    if isinstance(value, list) and get_origin(inner) is tuple:
        item = get_args(inner)[0]
        nested = [
            problem
            for index, each in enumerate(value)
            for problem in _problems(each, item, f"{path}[{index}]")
        ]
        if nested:
            yield from nested
            return
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        formless = "matching regex" in str(error)  # a pattern of 250 countries explains nothing
        yield f"{path}: {f'{value!r} is not of the form asked for' if formless else error}"


def _table_problems(
    table: Mapping[str, Any], struct: type[msgspec.Struct], path: str
) -> Iterator[str]:
    hints = get_type_hints(struct, include_extras=True)
    prefix = f"{path}." if path else ""
    for field in msgspec.structs.fields(struct):
        if field.name in table:
            yield from _problems(table[field.name], hints[field.name], prefix + field.name)
        elif field.required:
            yield f"{prefix}{field.name}: missing"
    for key in table:
        if key not in struct.__struct_fields__:
            yield f"{prefix}{key}: unknown"


def _without_meta(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _contradictions(edition: Edition) -> Iterator[str]:
    """Name what fits its type and still makes no sense."""
    yield from _ratio_contradictions(edition)
    yield from _list_contradictions(edition)
    yield from _levy_contradictions(edition)
    try:
        re.compile(edition.filing.itn_pattern)
    except re.error as error:
        yield f"filing.itn_pattern: not a regular expression: {error}"
    for index, ban in enumerate(edition.bans):
        if not ban.models and not ban.generations:
            yield f"bans[{index}]: bans nothing"


def _ratio_contradictions(edition: Edition) -> Iterator[str]:
    testing, levy, cap = edition.testing, edition.levy, edition.cap
    if testing.sample_numerator > testing.sample_denominator:
        yield "testing: samples more than the lot"
    if levy.rate_numerator > levy.rate_denominator:
        yield "levy: takes more than its base"
    if cap.denominator_country in cap.numerator_countries:
        yield "cap: counts a country against itself"
    if edition.license.quantity_tolerance:
        yield "license.quantity_tolerance: a license is drawn down to the unit, so it must be 0"


def _levy_contradictions(edition: Edition) -> Iterator[str]:
    levy = edition.levy
    if (levy.base == "sale_proceeds") != (levy.due_event == "dispatch"):
        yield "levy: sale proceeds are due at dispatch, entered value at import for testing"
    if levy.base == "sale_proceeds" and levy.windows:
        # Withheld from the escrow by line, assessed on the license: both kinds would come apart.
        yield "levy.windows: a levy on sale proceeds covers every product"
    for index, window in enumerate(levy.windows):
        if window.tpp_above >= window.tpp_below:
            yield f"levy.windows[{index}]: no TPP lies inside"
        if window.dram_bandwidth_gb_per_s_above >= window.dram_bandwidth_gb_per_s_below:
            yield f"levy.windows[{index}]: no DRAM bandwidth lies inside"


def _list_contradictions(edition: Edition) -> Iterator[str]:
    product, destination = edition.product, edition.destination
    if _folded(product.admitted_generations) & _folded(product.refused_generations):
        yield "product: a generation is both admitted and refused"
    if set(destination.destinations) & set(destination.refused_countries):
        yield "destination: a country is both admitted and refused"
    switches = [switch.effective_from for switch in edition.screening.affiliates]
    if any(earlier >= later for earlier, later in pairwise(switches)):
        yield "screening.affiliates: not in order of time"
    gates = [(gate.kind, country) for gate in edition.clearance.gates for country in gate.countries]
    if len(gates) != len(set(gates)):
        yield "clearance.gates: a country has the same gate twice"


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}
