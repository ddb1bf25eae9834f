"""What the officers' queue filters by, in the request's own row; and whose prefecture it is, kept by the database."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Accepted requests too, which no run-time statement may change: the guard steps aside for the time of the migration.
FILL = """
ALTER TABLE requests_app_sosrequest DISABLE TRIGGER guard_request;
UPDATE requests_app_sosrequest AS request SET
    prefecture_id = (SELECT prefecture_id FROM institutions_institution WHERE id = request.institution_id),
    item_ids = coalesce((SELECT array_agg(item_id ORDER BY item_id) FROM requests_app_requestline
        WHERE request_id = request.id), '{}'),
    confirmed_before = EXISTS (SELECT FROM requests_app_requestevent
        WHERE request_id = request.id AND verb = 'confirm'),
    telephoned_at = (SELECT max(at) FROM requests_app_requestevent
        WHERE request_id = request.id AND verb = 'telephone'),
    least_weeks = (
        SELECT min(trunc(((line #>> '{figures,stock}')::numeric + (line #>> '{figures,weekly_purchase}')::numeric)
            / nullif((line #>> '{figures,weekly_consumption}')::numeric, 0), 2))
        FROM (
            SELECT check_record FROM requests_app_requestevent
            WHERE request_id = request.id AND check_record IS NOT NULL ORDER BY id DESC LIMIT 1
        ) AS last, jsonb_array_elements(check_record #> '{input,lines}') AS line
    );
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE requests_app_sosrequest ENABLE TRIGGER guard_request;
"""

GUARD = """
CREATE OR REPLACE FUNCTION guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
%s
    IF TG_OP = 'INSERT' THEN
        %s
        IF NEW.status <> 'DRAFT' THEN
            RAISE EXCEPTION 'a request begins as DRAFT' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    %s
        RAISE EXCEPTION 'request %% is accepted and can not be changed', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('DRAFT', 'UNDER_REVIEW'), ('DRAFT', 'ERROR'), ('ERROR', 'UNDER_REVIEW'),
        ('UNDER_REVIEW', 'ERROR'), ('UNDER_REVIEW', 'ACCEPTED')
    ) THEN
        RAISE EXCEPTION 'request %% can not go from %% to %%', OLD.number, OLD.status, NEW.status
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.number, OLD.institution_id, OLD.created_at, OLD.created_by_id)
        IS DISTINCT FROM (NEW.number, NEW.institution_id, NEW.created_at, NEW.created_by_id) THEN
        RAISE EXCEPTION 'request %% keeps its number, institution and origin', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""

AS_BEFORE = GUARD % ("BEGIN", "", "IF OLD.status = 'ACCEPTED' THEN")

# An insert waits for a move of the institution that is being committed. An institution that moves takes its requests
# along; nothing else of an accepted one changes.
WITH_PREFECTURE = GUARD % (
    "DECLARE moved requests_app_sosrequest;\nBEGIN",
    """SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution
            WHERE id = NEW.institution_id FOR SHARE;""",
    """SELECT prefecture_id INTO NEW.prefecture_id FROM institutions_institution WHERE id = OLD.institution_id;
    moved := OLD;
    moved.prefecture_id := NEW.prefecture_id;
    IF OLD.status = 'ACCEPTED'
        AND (NEW IS DISTINCT FROM moved OR NEW.prefecture_id IS NOT DISTINCT FROM OLD.prefecture_id) THEN""",
)

MOVE = """
CREATE FUNCTION move_requests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE requests_app_sosrequest SET prefecture_id = NEW.prefecture_id WHERE institution_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER move_requests AFTER UPDATE OF prefecture_id ON institutions_institution
    FOR EACH ROW WHEN (OLD.prefecture_id IS DISTINCT FROM NEW.prefecture_id) EXECUTE FUNCTION move_requests();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0003_user_name_in_any_case"),
        ("requests_app", "0008_change_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="sosrequest",
            name="prefecture",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="institutions.prefecture",
                verbose_name="都道府県",
            ),
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="item_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                editable=False,
                size=None,
                verbose_name="物資",
            ),
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="confirmed_before",
            field=models.BooleanField(default=False, editable=False, verbose_name="確認したことがある"),
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="telephoned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="最後の電話確認"),
        ),
        migrations.AddField(
            model_name="sosrequest",
            name="least_weeks",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                editable=False,
                max_digits=11,
                null=True,
                verbose_name="備蓄の週分（いちばん少ない物資）",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="sosrequest",
            name="prefecture",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="institutions.prefecture",
                verbose_name="都道府県",
            ),
        ),
        migrations.RunSQL(WITH_PREFECTURE, AS_BEFORE),
        migrations.RunSQL(
            MOVE, "DROP TRIGGER move_requests ON institutions_institution; DROP FUNCTION move_requests()"
        ),
    ]
