"""More of what became of requests: decided, shipped, received, and how many institutions stand behind a figure."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0010_queue_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="prefecturestanding",
            name="again",
            field=models.PositiveIntegerField(default=0, verbose_name="うち確認のやり直し"),
        ),
        migrations.AddField(
            model_name="requestfigure",
            name="allocated",
            field=models.PositiveBigIntegerField(default=0, verbose_name="配布の決定"),
        ),
        migrations.AddField(
            model_name="requestfigure",
            name="institutions",
            field=models.PositiveIntegerField(default=0, verbose_name="要請した医療機関"),
        ),
        migrations.AddField(
            model_name="requestfigure",
            name="institutions_accepted",
            field=models.PositiveIntegerField(default=0, verbose_name="受け付けた医療機関"),
        ),
        migrations.AddField(
            model_name="requestfigure",
            name="received",
            field=models.PositiveBigIntegerField(default=0, verbose_name="受領"),
        ),
        migrations.AddField(
            model_name="requestfigure",
            name="shipped",
            field=models.PositiveBigIntegerField(default=0, verbose_name="発送"),
        ),
    ]
