"""What a search asks of institutions one after the other, from an index; made while people work. And no search is
shared out among workers: to start them takes longer than all it reads."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("institutions", "0018_lists_in_their_order")]

    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION name_grams(text) PARALLEL RESTRICTED",
            "ALTER FUNCTION name_grams(text) PARALLEL SAFE",
        ),
        AddIndexConcurrently(
            model_name="institution",
            index=models.Index(fields=["id"], include=("code", "search_key"), name="institution_words"),
        ),
    ]
