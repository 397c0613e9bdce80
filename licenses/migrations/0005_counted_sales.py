"""A US sale counts once, ever: one row for each, written by the database with the entry it moves.

An edition may count in another window than the one before it, and a new window's allotment starts
empty. Without this, the invoice that made room in the old one could make room in the new one, too.
Own SQLSTATEs: none; the unique keys speak for themselves.
"""

import django.db.models.deletion
from django.db import migrations, models

COUNT = """
CREATE FUNCTION licenses_sale_of(sale uuid)
    RETURNS TABLE (event_id uuid, allotment_id uuid, exporter_id uuid, product_id uuid,
                   evidence_sha256 text, sale_reference text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT e.event_id, e.stream_id, (opened ->> 'exporter_id')::uuid,
           (opened ->> 'product_id')::uuid, said #>> '{evidence,sha256}', said ->> 'sale_reference'
    FROM audits_event e JOIN audits_event o ON o.stream_id = e.stream_id AND o.version = 1,
        LATERAL (SELECT convert_from(e.canonical, 'UTF8')::jsonb -> 'data' AS said) AS sold,
        LATERAL (SELECT convert_from(o.canonical, 'UTF8')::jsonb -> 'data' AS opened) AS books
    WHERE e.event_id = sale AND e.type = 'us_sale_reported' AND o.type = 'allotment_opened';
$$;

CREATE FUNCTION licenses_allotment_counts_sale() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO licenses_counted_sale
        (event_id, allotment_id, exporter_id, product_id, evidence_sha256, sale_reference)
        SELECT s.* FROM licenses_sale_of(NEW.event_id) s;
    RETURN NULL;
END $$;
CREATE TRIGGER licenses_allotment_counts_sale AFTER INSERT ON licenses_allotment_entry
    FOR EACH ROW EXECUTE FUNCTION licenses_allotment_counts_sale();
ALTER TABLE licenses_allotment_entry ENABLE ALWAYS TRIGGER licenses_allotment_counts_sale;

-- What counted twice before this stays as it is, and `verify` names it.
INSERT INTO licenses_counted_sale
    (event_id, allotment_id, exporter_id, product_id, evidence_sha256, sale_reference)
    SELECT s.* FROM licenses_allotment_entry m, licenses_sale_of(m.event_id) s
    ORDER BY m.event_id
    ON CONFLICT DO NOTHING;

CREATE TRIGGER licenses_counted_sale_immutable BEFORE UPDATE OR DELETE ON licenses_counted_sale
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER licenses_counted_sale_no_truncate BEFORE TRUNCATE ON licenses_counted_sale
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
ALTER TABLE licenses_counted_sale ENABLE ALWAYS TRIGGER licenses_counted_sale_immutable;
ALTER TABLE licenses_counted_sale ENABLE ALWAYS TRIGGER licenses_counted_sale_no_truncate;
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0004_edition_register")]

    operations = [
        migrations.CreateModel(
            name="CountedSale",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="audits.eventrow",
                    ),
                ),
                ("allotment_id", models.UUIDField(db_index=True)),
                ("exporter_id", models.UUIDField()),
                ("product_id", models.UUIDField()),
                ("evidence_sha256", models.CharField(max_length=64)),
                ("sale_reference", models.TextField()),
            ],
            options={
                "db_table": "licenses_counted_sale",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product_id", "evidence_sha256"), name="licenses_sale_evidence"
                    ),
                    models.UniqueConstraint(
                        fields=("exporter_id", "product_id", "sale_reference"),
                        name="licenses_sale_reference",
                    ),
                ],
            },
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
