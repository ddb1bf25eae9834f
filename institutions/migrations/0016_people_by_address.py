"""People found by their address, whatever its case, from an index; made while people work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0015_notice_choices")]

    operations = [
        AddIndexConcurrently(model_name="user", index=models.Index(Lower("email"), name="user_email_lower")),
        # An index over an expression is of no use before its values are known.
        migrations.RunSQL("ANALYZE institutions_user", migrations.RunSQL.noop),
    ]
