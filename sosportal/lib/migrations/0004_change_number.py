"""The numbers of all changes, in whichever table they are kept."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lib", "0003_outbox_sent_at")]
    operations = [migrations.RunSQL("CREATE SEQUENCE change_number", "DROP SEQUENCE change_number")]
