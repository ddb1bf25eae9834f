"""What waits for a decision stands in a table of its own, which the database keeps: to find it costs what waits, not
what was ever accepted.
"""

from django.db import migrations, models

WAITING = """
CREATE FUNCTION note_undecided_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO requests_app_undecidedline (line_id)
        SELECT id FROM requests_app_requestline WHERE request_id = NEW.id AND accepted_quantity > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER note_undecided_lines AFTER UPDATE OF status ON requests_app_sosrequest
    FOR EACH ROW WHEN (OLD.status <> 'ACCEPTED' AND NEW.status = 'ACCEPTED')
    EXECUTE FUNCTION note_undecided_lines();

CREATE FUNCTION note_decided_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM requests_app_undecidedline WHERE line_id IN (SELECT line_id FROM made);
    RETURN NULL;
END $$;
CREATE TRIGGER note_decided_lines AFTER INSERT ON requests_app_lineoutcome
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION note_decided_lines();
"""
NOT_ANY_MORE = """
DROP TRIGGER note_decided_lines ON requests_app_lineoutcome;
DROP FUNCTION note_decided_lines();
DROP TRIGGER note_undecided_lines ON requests_app_sosrequest;
DROP FUNCTION note_undecided_lines();
"""
WHAT_WAITS_NOW = """
INSERT INTO requests_app_undecidedline (line_id)
    SELECT line.id FROM requests_app_requestline line
    JOIN requests_app_sosrequest request ON request.id = line.request_id AND request.status = 'ACCEPTED'
    WHERE line.accepted_quantity > 0
        AND NOT EXISTS (SELECT FROM requests_app_lineoutcome outcome WHERE outcome.line_id = line.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0014_entry_by_proxy"),
    ]

    operations = [
        migrations.CreateModel(
            name="UndecidedLine",
            fields=[
                (
                    "line_id",
                    models.BigIntegerField(primary_key=True, serialize=False, verbose_name="要請の物資"),
                ),
            ],
            options={
                "verbose_name": "決めていない物資",
                "verbose_name_plural": "決めていない物資",
            },
        ),
        # The triggers first: what is accepted from here on is noted, what was before is counted after them.
        migrations.RunSQL(WAITING, NOT_ANY_MORE),
        migrations.RunSQL(WHAT_WAITS_NOW, "DELETE FROM requests_app_undecidedline"),
    ]
