"""Whether a question waits for an answer, in the request's own row: the queue finds such requests in their order.

The guard of the request sets it at each write, whatever was written, and the questions see to it that one follows;
nothing else of an accepted or withdrawn request changes.
"""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("requests_app.migrations.0024_withdrawal")
BEGINS = BEFORE.BEGINS + "\n        NEW.question_open := false;" + BEFORE.WITHDRAWN_BEGINS
STAYS = """SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution WHERE id = OLD.institution_id;
    NEW.question_open := EXISTS (
        SELECT FROM requests_app_question
        WHERE request_id = NEW.id AND answered_at IS NULL AND withdrawn_at IS NULL
    );
    moved := OLD;
    moved.prefecture_id := NEW.prefecture_id;
    moved.question_open := NEW.question_open;
    IF OLD.withdrawn_at IS NOT NULL AND (NEW IS DISTINCT FROM moved OR NEW IS NOT DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'request % was withdrawn and can not be changed', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.status = 'ACCEPTED' AND (NEW IS DISTINCT FROM moved OR NEW IS NOT DISTINCT FROM OLD) THEN"""
GUARD = BEFORE.GUARD % (BEFORE.DECLARE, BEGINS, STAYS)
GUARD_BEFORE = BEFORE.GUARD % (
    BEFORE.DECLARE,
    BEFORE.BEGINS + BEFORE.WITHDRAWN_BEGINS,
    BEFORE.STAYS % BEFORE.WITHDRAWN_STAYS,
)

# The verbs hold the request already; whoever writes a question otherwise waits here, and looks after that.
NOTE = """
CREATE FUNCTION note_open_questions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM requests_app_sosrequest WHERE id = NEW.request_id FOR NO KEY UPDATE;
    UPDATE requests_app_sosrequest SET question_open = NOT question_open
    WHERE id = NEW.request_id AND question_open <> EXISTS (
        SELECT FROM requests_app_question
        WHERE request_id = NEW.request_id AND answered_at IS NULL AND withdrawn_at IS NULL
    );
    RETURN NULL;
END $$;
CREATE TRIGGER note_open_questions AFTER INSERT OR UPDATE ON requests_app_question
    FOR EACH ROW EXECUTE FUNCTION note_open_questions();
"""
NOTE_NO_MORE = (
    "DROP TRIGGER note_open_questions ON requests_app_question; DROP FUNCTION note_open_questions();"
)

# Few rows: those of which a question is open.
FILL = """
UPDATE requests_app_sosrequest SET question_open = true WHERE id IN (
    SELECT request_id FROM requests_app_question WHERE answered_at IS NULL AND withdrawn_at IS NULL
);
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0029_list_choice")]

    operations = [
        migrations.AddField(
            model_name="sosrequest",
            name="question_open",
            field=models.BooleanField(default=False, editable=False, verbose_name="回答を待つ照会がある"),
        ),
        migrations.RunSQL(GUARD, GUARD_BEFORE),
        migrations.RunSQL(NOTE, NOTE_NO_MORE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
