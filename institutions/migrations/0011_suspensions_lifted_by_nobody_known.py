"""Who lifted a suspension before that was kept, and stood in no log, was a guess: better nothing."""

from django.db import migrations, models

NOBODY_KNOWN = """
UPDATE institutions_suspension AS suspension
SET lifted_by_id = NULL, lifted_reason = ''
WHERE suspension.lifted_at IS NOT NULL AND suspension.lifted_reason = '（記録がありません）'
    AND NOT EXISTS (
        SELECT FROM django_admin_log AS log JOIN django_content_type AS kind ON kind.id = log.content_type_id
        WHERE kind.app_label = 'institutions' AND kind.model = 'suspension'
            AND log.object_id = suspension.id::text AND log.user_id = suspension.lifted_by_id
    );
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0010_people_by_letters"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="suspension",
            name="suspension_lifted_when_who_and_why",
        ),
        migrations.RunSQL(NOBODY_KNOWN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True), ("lifted_reason", "")),
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("lifted_by__isnull", False),
                        models.Q(("lifted_reason", ""), _negated=True),
                    ),
                    models.Q(
                        ("lifted_at__isnull", False), ("lifted_by__isnull", True), ("lifted_reason", "")
                    ),
                    _connector="OR",
                ),
                name="suspension_lifted_when_who_and_why",
            ),
        ),
    ]
