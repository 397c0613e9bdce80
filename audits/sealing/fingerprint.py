"""A fingerprint of what guards the journal: grants, triggers, constraints, rules, functions and so on.

Besides what the catalog says, it covers which transactions wrote those rows of it: a trigger that was
switched off and on again between two looks looks the same and is not.
"""

import hashlib
from typing import Any, Final

from django.db import connection

from audits import guards
from audits.codec import canonical
from audits.events import CatalogDigest, SchemaFingerprinted
from audits.sealing.record import Sealing, record

PARTS: Final = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
               coalesce(pg_get_expr(d.adbin, d.adrelid), ''), '0'
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT coalesce(c.relname, ''), k.conname, pg_get_constraintdef(k.oid),
               k.convalidated::text, k.xmin::text
        FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.connamespace = 'public'::regnamespace
    """,
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid), coalesce(p.proacl::text, ''), p.xmin::text
        FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
    """,
    "grants": """
        SELECT c.relname, '', coalesce(c.relacl::text, ''), pg_get_userbyid(c.relowner),
               c.relrowsecurity::text, '0'
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
        UNION ALL
        SELECT c.relname, a.attname, a.attacl::text, '', '', '0'
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND a.attacl IS NOT NULL
        UNION ALL
        SELECT n.nspname, '', coalesce(n.nspacl::text, ''), pg_get_userbyid(n.nspowner), '', '0'
        FROM pg_namespace n WHERE n.nspname = 'public'
    """,
    "indexes": """
        SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid::text, i.xmin::text
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
    """,
    "roles": """
        SELECT r.rolname, r.rolsuper::text, r.rolbypassrls::text, r.rolcreaterole::text,
               r.rolreplication::text, coalesce(array_to_string(ARRAY(
                   SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                   WHERE m.member = r.oid ORDER BY 1), ','), ''), '0'
        FROM pg_roles r WHERE r.rolname NOT LIKE 'pg\\_%%'
    """,
    "rules": """
        SELECT c.relname, r.rulename, pg_get_ruledef(r.oid), r.ev_enabled::text, r.xmin::text
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        UNION ALL
        SELECT c.relname, p.polname, concat(p.polcmd, p.polpermissive, p.polroles::text),
               concat(pg_get_expr(p.polqual, c.oid), ';', pg_get_expr(p.polwithcheck, c.oid)),
               p.xmin::text
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = 'public'::regnamespace
    """,
    "settings": """
        SELECT coalesce(r.rolname, ''), (s.setdatabase = 0)::text,
               array_to_string(s.setconfig, ';'), s.xmin::text
        FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
        WHERE s.setdatabase IN (
            0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
    """,
    "triggers": """
        SELECT c.relname, coalesce(k.conname || ' ' || t.tgtype::text, t.tgname),
               CASE WHEN t.tgisinternal THEN '' ELSE pg_get_triggerdef(t.oid) END,
               t.tgenabled::text, t.xmin::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint AND t.tgisinternal
        WHERE c.relnamespace = 'public'::regnamespace
    """,
    "views": """
        SELECT c.relname, pg_get_viewdef(c.oid), '0' FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')
    """,
}
"""Part → query; its last column is the transaction that wrote the row, `0` where ordinary work does."""


def take(known: SchemaFingerprinted | None) -> SchemaFingerprinted | None:
    """Read the catalog; None when it is as `known`."""
    parts = tuple(_digest(part) for part in PARTS)
    fingerprint = _sha256([[each.part, each.digest, each.touched] for each in parts])
    if known is not None and known.fingerprint == fingerprint:
        return None
    before = set(known.parts) if known is not None else set()
    return SchemaFingerprinted(
        fingerprint=fingerprint,
        parts=parts,
        changed=tuple(each.part for each in parts if each not in before),
        not_in_force=tuple(f"{subject}: {found}" for subject, found in guards.missing()),
    )


def record_changes() -> bool:
    """Record the fingerprint if it differs from the last one recorded; tell whether it did."""

    def decide(state: Sealing) -> SchemaFingerprinted | None:
        return take(state.schema)

    return record(decide, process="sealer")


def _digest(part: str) -> CatalogDigest:
    with connection.cursor() as cursor:
        cursor.execute(PARTS[part], [])
        rows = sorted(cursor.fetchall())
    return CatalogDigest(
        part=part,
        digest=_sha256([list(row[:-1]) for row in rows]),
        touched=_sha256([row[-1] for row in rows]),
    )


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
