"""Which descriptions of a product are accepted. Whether it may ship is not decided here."""

from typing import Final

from audits.kernel import Decider, Facts, Refused
from licenses.domain.policy.choice import words
from licenses.domain.product.commands import AmendProduct, RegisterProduct
from licenses.domain.product.events import ProductAmended, ProductEvent, ProductRegistered
from licenses.domain.product.plausibility import (
    TPP_CITATION,
    is_of_generation,
    performance_problems,
)
from licenses.domain.product.reference import KnownPart
from licenses.domain.product.specification import Specification, tpp_thousandths, whole_tpp
from licenses.domain.product.state import (
    INITIAL,
    ProductState,
    Registered,
    Unregistered,
    evolve,
)


class ProductFacts(Facts):
    """What describing a product must know beyond it."""

    known: KnownPart | None
    """The part that maker and model name in the reference (`reference.find_part`), if any."""


def register_product(
    command: RegisterProduct, state: ProductState, facts: ProductFacts
) -> list[ProductEvent]:
    """Accept a first description, if its figures can be believed."""
    if isinstance(state, Registered):
        if state.specification == command.specification:
            return []
        raise Refused("product_already_registered", "It is registered with another description")
    _refuse_implausible(command.specification, facts.known)
    thousandths = tpp_thousandths(command.specification.peaks)
    registered = ProductRegistered(
        specification=command.specification,
        tpp_thousandths=thousandths,
        tpp=whole_tpp(thousandths),
        reference=facts.known.part.model if facts.known else None,
        by=facts.actor.person_id,
    )
    return [registered]


def amend_product(
    command: AmendProduct, state: ProductState, facts: ProductFacts
) -> list[ProductEvent]:
    """Replace the description of the same maker's same model."""
    if isinstance(state, Unregistered):
        raise Refused("product_not_registered", "There is no such product")
    if state.specification == command.specification:
        return []
    _refuse_another_product(state.specification, command.specification)
    _refuse_implausible(command.specification, facts.known)
    thousandths = tpp_thousandths(command.specification.peaks)
    amended = ProductAmended(
        specification=command.specification,
        tpp_thousandths=thousandths,
        tpp=whole_tpp(thousandths),
        reference=facts.known.part.model if facts.known else None,
        reason=command.reason,
        by=facts.actor.person_id,
    )
    return [amended]


def _refuse_another_product(old: Specification, new: Specification) -> None:
    if (words(old.maker), words(old.model)) != (words(new.maker), words(new.model)):
        raise Refused(
            "product_identity_changed",
            f"{new.maker} {new.model} is not {old.maker} {old.model}: register it on its own",
        )


def _refuse_implausible(specification: Specification, known: KnownPart | None) -> None:
    if known is not None and not is_of_generation(specification, known):
        raise Refused(
            "generation_implausible",
            f"The {known.part.maker} {known.part.model} is of generation"
            f" {known.part.generation}, not {specification.generation}",
        )
    problems = performance_problems(specification, known)
    if problems:
        raise Refused(
            "implausible_performance",
            f"{'. '.join(problems)}.",
            citation=TPP_CITATION,
            extra={"problems": problems},
        )


DECIDER: Final[Decider[ProductState]] = Decider(
    aggregate="product",
    initial=INITIAL,
    evolve=evolve,
    decisions={RegisterProduct: register_product, AmendProduct: amend_product},
)
