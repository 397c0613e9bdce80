"""When the latest event up to each place of the log was recorded: finds the moment of a time by index.

The database derives it, from the place before and the event, whoever writes the place.
"""

from django.db import migrations, models

DERIVE = """
CREATE OR REPLACE FUNCTION audits_log_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT e.recorded_at INTO NEW.latest_at
        FROM public.audits_event e WHERE e.event_id = NEW.event_id;
    IF NEW.log_index > 0 THEN
        SELECT greatest(l.latest_at, NEW.latest_at) INTO NEW.latest_at
            FROM public.audits_log l WHERE l.log_index = NEW.log_index - 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'log index % would leave a gap', NEW.log_index USING ERRCODE = 'TG005';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

FILL = """
-- The lock that this takes is held to the end: nobody writes while the guard is off.
ALTER TABLE audits_log DISABLE TRIGGER audits_log_immutable;
UPDATE audits_log l SET latest_at = known.latest_at
    FROM (SELECT log_index, max(recorded_at) OVER (ORDER BY log_index) AS latest_at
          FROM audits_log LEFT JOIN audits_event USING (event_id)) AS known
    WHERE known.log_index = l.log_index;
ALTER TABLE audits_log
    ALTER COLUMN latest_at SET NOT NULL,
    ENABLE ALWAYS TRIGGER audits_log_immutable;
"""


class Migration(migrations.Migration):
    """Additive: the code before names its columns, and the guard fills in this one."""

    dependencies = [("audits", "0010_append_in_fewer_steps")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField("LogEntry", "latest_at", models.DateTimeField()),
            ],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE audits_log ADD COLUMN latest_at timestamptz",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(DERIVE, migrations.RunSQL.noop),
                migrations.RunSQL(FILL, migrations.RunSQL.noop),
            ],
        ),
        migrations.AddIndex(
            "LogEntry", models.Index(fields=["latest_at", "log_index"], name="audits_log_latest")
        ),
    ]
