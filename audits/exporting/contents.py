"""One pass over the events of a bundle: counts, control totals, attached texts, tables."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from audits.codec import registry
from audits.exporting.parts import LogChanged
from audits.exporting.registry import Attachment, Total, attachments, totals
from audits.exporting.tables import COLUMNS, Envelope, Table
from audits.shapes import MONEY_SUFFIX, money_schema

_LINE: Final = re.compile(rb'\{"event":(.*),"log_index":([0-9]+)\}\n', re.DOTALL)
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_decoder: Final = msgspec.json.Decoder(Envelope)


class Contents:
    """What the manifest says of the events, gathered line by line."""

    def __init__(self, tables: Iterable[Table] = ()) -> None:
        self.tables = tuple(tables)
        self.types: Counter[str] = Counter()
        self.streams: set[bytes] = set()
        self.sums: dict[str, Counter[str]] = {name: Counter() for name in totals}
        self.texts: dict[str, str] = {}
        """Path → content of the attached texts."""
        self._by_type: dict[str, list[Total]] = {}
        for total in totals.values():
            self._by_type.setdefault(total.type, []).append(total)

    def add(self, line: bytes) -> None:
        """Take in one line of `events.jsonl`; LogChanged where its bytes are no event any more."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError("that is no line of events.jsonl")
        try:
            self._add(int(match[2]), match[1])
        except (msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
            detail = f"{type(error).__name__}: {error}"
            raise LogChanged(f"log index {match[2].decode()} is no event: {detail}") from error

    def _add(self, log_index: int, content: bytes) -> None:
        event = _decoder.decode(content)
        self.types[event.type] += 1
        self.streams.add(event.stream_id.bytes)
        if event.type in self._by_type or event.type in attachments:
            self._add_data(event.type, msgspec.json.decode(event.data))
        for table in self.tables:
            table.take(log_index, event, content)

    def _add_data(self, kind: str, data: dict[str, Any]) -> None:
        for total in self._by_type.get(kind, ()):
            key = str(data[total.by]) if total.by else ""
            self.sums[total.name][key] += int(data[total.field])
        attachment = attachments.get(kind)
        if attachment and attachment.text:
            self.texts[attached_at(attachment, data)] = data[attachment.text]

    def manifest(self) -> dict[str, Any]:
        """Give the members of the manifest that follow from the events."""
        return {
            "counts": {
                "events": self.types.total(),
                "streams": len(self.streams),
                "types": dict(self.types),
            },
            "names": {
                kind: each.sha256 for kind, each in attachments.items() if kind in self.types
            },
            "totals": [
                {
                    "name": name,
                    "type": totals[name].type,
                    "field": totals[name].field,
                    "by": totals[name].by,
                    "sums": {key: str(value) for key, value in sums.items()},
                }
                for name, sums in sorted(self.sums.items())
                if sums
            ],
        }

    def dictionary(self) -> dict[str, Any]:
        """Describe every column of the tables, and every member of the events that are there."""
        known = [name for name in registry.names() if name in self.types]
        schemas, components = msgspec.json.schema_components(
            [registry.schema(name) for name in known], ref_template="#/components/{name}"
        )
        return {
            "columns": COLUMNS,
            "events": dict(zip(known, schemas, strict=True)),
            "components": _as_written(components),
        }


def _as_written(schema: Any) -> Any:
    """Let schemas say of money what stands in events: decimal strings."""
    match schema:
        case dict():
            return {
                name: money_schema(item) if name.endswith(MONEY_SUFFIX) else _as_written(item)
                for name, item in schema.items()
            }
        case list():
            return [_as_written(item) for item in schema]
        case _:
            return schema


def attached_at(attachment: Attachment, data: dict[str, Any]) -> str:
    """Say where in the bundle a text stands: by its name if that is harmless, else by its hash."""
    name = str(data[attachment.name]) if attachment.name else ""
    plain = name if _SAFE_NAME.fullmatch(name) else data[attachment.sha256]
    return f"named/{attachment.type}/{plain}{attachment.suffix}"
