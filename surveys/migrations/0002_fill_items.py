"""The five items of the manual, with the units and packs in use."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ITEMS = (
    (1, "医療用(サージカル)マスク", "枚", 50),
    (2, "N95マスク又はDS2マスク", "枚", 20),
    (3, "フェイスシールド又は再利用可能なゴーグル", "個", 24),
    (4, "アイソレーションガウン又はプラスチックガウン", "着", 15),
    (5, "非滅菌手袋", "枚", 100),
)


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    item = apps.get_model("surveys", "Item")
    item.objects.bulk_create(
        item(order=order, name=name, unit=unit, pack_size=pack_size, pack_unit="箱")
        for order, name, unit, pack_size in ITEMS
    )


def empty(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("surveys", "Item").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial")]
    operations = [migrations.RunPython(fill, empty)]
