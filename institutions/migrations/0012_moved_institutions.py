"""Which institutions came from another prefecture, from an index; made while people work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0011_suspensions_lifted_by_nobody_known")]

    operations = [
        AddIndexConcurrently(
            model_name="institutionhistory",
            index=models.Index(
                condition=models.Q(("pgh_before__has_key", "prefecture_id")),
                fields=["pgh_prefecture_id"],
                name="institution_h_moved",
            ),
        ),
    ]
