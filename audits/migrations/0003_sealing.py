"""The tree over the journal and its checkpoints: tables that only grow, and their guards.

Own SQLSTATE besides those of 0002: TG007, the tree or its checkpoints would shrink or change.
"""

import django.db.models.deletion
from django.db import migrations, models

SHAPES = """
ALTER TABLE audits_tile
    ADD CONSTRAINT audits_tile_place CHECK (level BETWEEN 0 AND 7 AND position >= 0),
    ADD CONSTRAINT audits_tile_full CHECK (octet_length(hashes) = 256 * 32),
    ADD CONSTRAINT audits_tile_root CHECK (octet_length(root) = 32);
ALTER TABLE audits_frontier
    ADD CONSTRAINT audits_frontier_alone CHECK (id = 1),
    ADD CONSTRAINT audits_frontier_shape CHECK (
        size >= 0 AND octet_length(hashes) = 32 * bit_count(int8send(size)));
ALTER TABLE audits_checkpoint
    ADD CONSTRAINT audits_checkpoint_shape CHECK (
        number >= 0 AND size >= 0 AND octet_length(root) = 32 AND octet_length(note) <= 16384);
"""

GROWTH = """
CREATE FUNCTION audits_tile_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position > 0 AND NOT EXISTS (
        SELECT FROM public.audits_tile t
        WHERE t.level = NEW.level AND t.position = NEW.position - 1
    ) THEN
        RAISE EXCEPTION 'tile %/% would leave a gap', NEW.level, NEW.position
            USING ERRCODE = 'TG007';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audits_tile_before_insert BEFORE INSERT ON audits_tile
    FOR EACH ROW EXECUTE FUNCTION audits_tile_before_insert();

CREATE FUNCTION audits_frontier_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'the tree has % leaves and cannot go back to %', OLD.size, NEW.size
            USING ERRCODE = 'TG007';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audits_frontier_before_update BEFORE UPDATE ON audits_frontier
    FOR EACH ROW EXECUTE FUNCTION audits_frontier_before_update();

CREATE FUNCTION audits_checkpoint_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT c.number, c.size, c.root, c.signed_at INTO last
        FROM public.audits_checkpoint c ORDER BY c.number DESC LIMIT 1;
    IF NEW.number IS DISTINCT FROM coalesce(last.number + 1, 0)
        OR NEW.size < last.size
        OR NEW.signed_at < last.signed_at
        OR (NEW.size = last.size AND NEW.root <> last.root)
    THEN
        RAISE EXCEPTION 'checkpoint % of size % does not follow checkpoint % of size %',
            NEW.number, NEW.size, last.number, last.size USING ERRCODE = 'TG007';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audits_checkpoint_before_insert BEFORE INSERT ON audits_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audits_checkpoint_before_insert();
"""

IMMUTABLE = """
CREATE TRIGGER audits_tile_immutable BEFORE UPDATE OR DELETE ON audits_tile
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_tile_no_truncate BEFORE TRUNCATE ON audits_tile
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_frontier_no_delete BEFORE DELETE ON audits_frontier
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_frontier_no_truncate BEFORE TRUNCATE ON audits_frontier
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_checkpoint_immutable BEFORE UPDATE OR DELETE ON audits_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_checkpoint_no_truncate BEFORE TRUNCATE ON audits_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_cosignature_immutable BEFORE UPDATE OR DELETE ON audits_cosignature
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_cosignature_no_truncate BEFORE TRUNCATE ON audits_cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
"""

GUARDS = {
    "audits_tile": ("before_insert", "immutable", "no_truncate"),
    "audits_frontier": ("before_update", "no_delete", "no_truncate"),
    "audits_checkpoint": ("before_insert", "immutable", "no_truncate"),
    "audits_cosignature": ("immutable", "no_truncate"),
}
ALWAYS = "".join(
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{guard};\n"
    for table, guards in GUARDS.items()
    for guard in guards
)


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [
        ('audits', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='FrontierRow',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('size', models.BigIntegerField()),
                ('hashes', models.BinaryField()),
            ],
            options={
                'db_table': 'audits_frontier',
            },
        ),
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'position', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.SmallIntegerField()),
                ('position', models.BigIntegerField()),
                ('hashes', models.BinaryField()),
                ('root', models.BinaryField()),
            ],
            options={
                'db_table': 'audits_tile',
            },
        ),
        migrations.CreateModel(
            name='CheckpointRow',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField()),
                ('note', models.BinaryField()),
                ('signed_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'audits_checkpoint',
                'constraints': [models.UniqueConstraint(fields=('size', 'signed_at'), name='audits_checkpoint_moment')],
            },
        ),
        migrations.CreateModel(
            name='CosignatureRow',
            fields=[
                ('pk', models.CompositePrimaryKey('checkpoint_id', 'witness', blank=True, editable=False, primary_key=True, serialize=False)),
                ('witness', models.TextField()),
                ('line', models.TextField()),
                ('signed_at', models.DateTimeField()),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='audits.checkpointrow')),
            ],
            options={
                'db_table': 'audits_cosignature',
            },
        ),
        migrations.RunSQL(SHAPES, migrations.RunSQL.noop),
        migrations.RunSQL(GROWTH, migrations.RunSQL.noop),
        migrations.RunSQL(IMMUTABLE, migrations.RunSQL.noop),
        migrations.RunSQL(ALWAYS, migrations.RunSQL.noop),
    ]
