"""Whose prefecture's an inquiry is, in its own row, kept by the database: the officers' list is found in its order."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# An insert waits for a move of the institution that is being committed; one that moves takes its inquiries along.
KEEP = """
CREATE FUNCTION keep_inquiry_prefecture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution
            WHERE id = NEW.institution_id FOR SHARE;
    ELSE
        SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution WHERE id = NEW.institution_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_inquiry_prefecture BEFORE INSERT OR UPDATE ON institutions_inquiry
    FOR EACH ROW EXECUTE FUNCTION keep_inquiry_prefecture();
CREATE FUNCTION move_inquiries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM institutions_inquiry WHERE institution_id = NEW.id ORDER BY id FOR NO KEY UPDATE;
    UPDATE institutions_inquiry SET prefecture_id = NEW.prefecture_id WHERE institution_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER move_inquiries AFTER UPDATE OF prefecture_id ON institutions_institution
    FOR EACH ROW WHEN (OLD.prefecture_id IS DISTINCT FROM NEW.prefecture_id) EXECUTE FUNCTION move_inquiries();
"""
KEEP_NO_MORE = """
DROP TRIGGER move_inquiries ON institutions_institution;
DROP FUNCTION move_inquiries();
DROP TRIGGER keep_inquiry_prefecture ON institutions_inquiry;
DROP FUNCTION keep_inquiry_prefecture();
"""
FILL = """
UPDATE institutions_inquiry AS inquiry SET prefecture_id = place.prefecture_id
FROM institutions_institution AS place WHERE place.id = inquiry.institution_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


def prefecture(*, null: bool) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        db_index=False,
        editable=False,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="institutions.prefecture",
        verbose_name="都道府県",
    )


class Migration(migrations.Migration):
    dependencies = [("institutions", "0016_people_by_address")]

    operations = [
        migrations.AddField(model_name="inquiry", name="prefecture", field=prefecture(null=True)),
        migrations.RunSQL(KEEP, KEEP_NO_MORE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(model_name="inquiry", name="prefecture", field=prefecture(null=False)),
    ]
