"""The officers' list of inquiries in its order, from an index; made while people work."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0012_moved_institutions")]

    operations = [
        AddIndexConcurrently(
            model_name="inquiry",
            index=models.Index(fields=["waiting_since", "-updated_at", "-id"], name="inquiry_in_order"),
        ),
        RemoveIndexConcurrently(model_name="inquiry", name="inquiry_waiting"),
        # An index over an expression is of no use before its values are known.
        migrations.RunSQL("ANALYZE institutions_user", migrations.RunSQL.noop),
    ]
