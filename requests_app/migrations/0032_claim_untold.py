"""Everybody from whom a claim was taken is told of it, however often it goes on meanwhile."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP = "UPDATE requests_app_claim SET untold_ids = ARRAY[taken_from_id] WHERE taken_from_id IS NOT NULL"
BACK = """
UPDATE requests_app_claim SET taken_from_id = untold_ids[cardinality(untold_ids)]
 WHERE cardinality(untold_ids) > 0 AND untold_ids[cardinality(untold_ids)] <> user_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0031_question_open_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="untold_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                size=None,
                verbose_name="引き継がれた人",
            ),
        ),
        migrations.RunSQL(KEEP, BACK),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveConstraint(model_name="claim", name="claim_taken_from_another"),
        migrations.RemoveIndex(model_name="claim", name="claim_taken_from"),
        migrations.RemoveField(model_name="claim", name="taken_from"),
        migrations.AddIndex(
            model_name="claim",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["untold_ids"], name="claim_untold"
            ),
        ),
    ]
