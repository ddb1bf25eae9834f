"""An institution that moves to another prefecture takes its requests along in the order of their ids, as every verb that
holds several of them locks."""

from django.db import migrations

MOVE = """
CREATE OR REPLACE FUNCTION move_requests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    %s
    UPDATE requests_app_sosrequest SET prefecture_id = NEW.prefecture_id WHERE institution_id = NEW.id;
    RETURN NULL;
END $$;
"""
IN_ORDER = (
    """PERFORM FROM requests_app_sosrequest WHERE institution_id = NEW.id ORDER BY id FOR NO KEY UPDATE;"""
)


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0016_calendar_changes_by_whom")]
    operations = [migrations.RunSQL(MOVE % IN_ORDER, MOVE % "")]
