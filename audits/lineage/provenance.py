"""A lineage as W3C PROV-JSON: events are entities, commands activities, people and bodies agents.

Source: The PROV-JSON Serialization, W3C Member Submission of 2013-04-24.
"""

from typing import Any, Final

from audits.lineage import Lineage, Node

PREFIX: Final = "tollgate"
NAMESPACE: Final = "urn:tollgate:"
QUALIFIED: Final = "prov:QUALIFIED_NAME"

Json = dict[str, Any]


def prov_of(lineage: Lineage) -> Json:
    """Write a lineage as a PROV-JSON document."""
    nodes = lineage.nodes
    return {
        "prefix": {PREFIX: NAMESPACE},
        "entity": {_event(node.event_id): _entity(node) for node in nodes},
        "activity": {_command(node): _activity(node) for node in nodes},
        "agent": _agents(nodes),
        "wasGeneratedBy": {
            f"_:generation-{node.event_id}": {
                "prov:entity": _event(node.event_id),
                "prov:activity": _command(node),
                "prov:time": _time(node),
            }
            for node in nodes
        },
        "wasAssociatedWith": {
            f"_:association-{node.command_id}": {
                "prov:activity": _command(node),
                "prov:agent": _person(node),
            }
            for node in nodes
        },
        "actedOnBehalfOf": {
            f"_:delegation-{node.actor.person_id}": {
                "prov:delegate": _person(node),
                "prov:responsible": _organization(node),
            }
            for node in nodes
        },
        "wasDerivedFrom": {
            f"_:derivation-{number}": {
                "prov:generatedEntity": _event(link.later),
                "prov:usedEntity": _event(link.earlier),
                f"{PREFIX}:because": link.because,
            }
            for number, link in enumerate(lineage.links)
        },
    }


def _entity(node: Node) -> Json:
    described: Json = {
        "prov:type": {"$": f"{PREFIX}:{node.type}", "type": QUALIFIED},
        f"{PREFIX}:aggregate": node.aggregate,
        f"{PREFIX}:stream": str(node.stream_id),
        f"{PREFIX}:version": node.version,
        f"{PREFIX}:log_index": node.log_index,
    }
    if node.edition is not None:
        described[f"{PREFIX}:edition"] = node.edition
    return described | {f"{PREFIX}:{name}": value for name, value in node.facts.items()}


def _activity(node: Node) -> Json:
    return {
        "prov:startTime": _time(node),
        "prov:endTime": _time(node),
        "prov:type": {"$": f"{PREFIX}:{node.command}", "type": QUALIFIED},
    }


def _agents(nodes: tuple[Node, ...]) -> Json:
    agents: Json = {}
    for node in nodes:
        kind = "prov:SoftwareAgent" if node.actor.role == "system" else "prov:Person"
        agents[_person(node)] = {
            "prov:type": {"$": kind, "type": QUALIFIED},
            f"{PREFIX}:role": node.actor.role.value,
        }
        agents[_organization(node)] = {"prov:type": {"$": "prov:Organization", "type": QUALIFIED}}
    return agents


def _event(event_id: Any) -> str:
    return f"{PREFIX}:event-{event_id}"


def _command(node: Node) -> str:
    return f"{PREFIX}:command-{node.command_id}"


def _person(node: Node) -> str:
    return f"{PREFIX}:person-{node.actor.person_id}"


def _organization(node: Node) -> str:
    return f"{PREFIX}:organization-{node.actor.organization_id}"


def _time(node: Node) -> str:
    return node.recorded_at.isoformat()
