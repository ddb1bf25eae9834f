"""Who enters for an institution without being of it, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0013_campaign_texts_by_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="requestevent",
            name="proxy_reason",
            field=models.CharField(blank=True, default="", max_length=100, verbose_name="代理で入力した理由"),
        ),
    ]
