"""What the database itself refuses, whoever asks: impossible moves, changes after 受付完了, and changes to the record.

The moves are those of `requests_app.rules.transitions`; a test compares the two.
"""

from django.db import migrations

from sosportal.lib import guards

REQUEST_GUARD = """
CREATE FUNCTION guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'DRAFT' THEN
            RAISE EXCEPTION 'a request begins as DRAFT' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status = 'ACCEPTED' THEN
        RAISE EXCEPTION 'request % is accepted and can not be changed', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('DRAFT', 'UNDER_REVIEW'), ('DRAFT', 'ERROR'), ('ERROR', 'UNDER_REVIEW'),
        ('UNDER_REVIEW', 'ERROR'), ('UNDER_REVIEW', 'ACCEPTED')
    ) THEN
        RAISE EXCEPTION 'request % can not go from % to %', OLD.number, OLD.status, NEW.status
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.number, OLD.institution_id, OLD.created_at, OLD.created_by_id)
        IS DISTINCT FROM (NEW.number, NEW.institution_id, NEW.created_at, NEW.created_by_id) THEN
        RAISE EXCEPTION 'request % keeps its number, institution and origin', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_request BEFORE INSERT OR UPDATE ON requests_app_sosrequest
    FOR EACH ROW EXECUTE FUNCTION guard_request();
"""

LINE_GUARD = """
CREATE FUNCTION guard_request_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line requests_app_requestline := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    parents bigint[] := CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[OLD.request_id, NEW.request_id]
        ELSE ARRAY[line.request_id] END;
BEGIN
    -- The lock comes first and the status is read under it: an acceptance that is just being committed is waited for.
    IF 'ACCEPTED' IN (
        SELECT status FROM requests_app_sosrequest WHERE id = ANY (parents) ORDER BY id FOR SHARE
    ) THEN
        RAISE EXCEPTION 'request % is accepted and can not be changed', line.request_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN line;
END $$;
CREATE TRIGGER guard_request_line BEFORE INSERT OR UPDATE OR DELETE ON requests_app_requestline
    FOR EACH ROW EXECUTE FUNCTION guard_request_line();
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0001_initial"), ("lib", "0002_guards")]
    operations = [
        migrations.RunSQL(
            REQUEST_GUARD,
            "DROP TRIGGER guard_request ON requests_app_sosrequest; DROP FUNCTION guard_request()",
        ),
        migrations.RunSQL(
            LINE_GUARD,
            "DROP TRIGGER guard_request_line ON requests_app_requestline; DROP FUNCTION guard_request_line()",
        ),
        *guards.keep_rows("requests_app_sosrequest"),
        *guards.append_only("requests_app_requestevent"),
        *guards.append_only("requests_app_rulesettings"),
    ]
