from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0004_announcements_and_inquiries"),
    ]

    operations = [
        migrations.AddField(
            model_name="institution",
            name="has_agreement",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="都道府県と医療措置協定（感染症法第36条の3）を締結している医療機関です。分からないときはチェックしません。",
                verbose_name="医療措置協定を締結している",
            ),
        ),
    ]
