"""Whether an institution's own staff keep its particulars; a subject for what the register keeps."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("institutions", "0013_inquiries_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="institution",
            name="particulars_kept_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="基礎情報の確認日時"
            ),
        ),
        migrations.AlterField(
            model_name="inquiry",
            name="subject",
            field=models.CharField(
                choices=[
                    ("survey", "調査"),
                    ("request", "要請"),
                    ("shipping", "配布・発送"),
                    ("login", "ログイン・利用者"),
                    ("register", "登録情報の変更"),
                    ("other", "その他"),
                ],
                max_length=10,
                verbose_name="件名",
            ),
        ),
    ]
