"""The kinds of goods that are surveyed and asked for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from sosportal.lib.audit.tracking import track
from sosportal.lib.numbers import circled, with_packs
from sosportal.lib.prepared import Prepared
from surveys.rules.units import Measure

GLOVES = "手袋"
"""What comes in pairs, by its name."""


class ItemQuerySet(models.QuerySet["Item"]):
    def asked(self) -> ItemQuerySet:
        """The items the survey shows, in order."""
        return self.filter(is_active=True).order_by("order")


@track()
class Item(models.Model):
    """One kind of goods (物資) with its unit and pack. Never deleted once answered; it can be retired."""

    order = models.PositiveSmallIntegerField("並び順", unique=True)
    name = models.CharField("物資", max_length=60, unique=True)
    unit = models.CharField("単位", max_length=4)
    pack_size = models.PositiveIntegerField("1箱の数", default=1)
    pack_unit = models.CharField("箱の呼び方", max_length=4, default="箱")
    is_active = models.BooleanField("調査に表示する", default=True)

    objects: ClassVar[ItemQuerySet] = ItemQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "物資"
        verbose_name_plural = "物資"
        ordering = ["order"]
        constraints = [
            models.CheckConstraint(name="item_pack_size_positive", condition=models.Q(pack_size__gte=1)),
        ]

    def __str__(self) -> str:
        return self.label

    @classmethod
    def in_order(cls) -> list[Item]:
        """All items, retired ones too, by their number. One query."""
        return IN_ORDER.objects()

    @property
    def label(self) -> str:
        """The item as the manual writes it: `⑤非滅菌手袋`."""
        return f"{circled(self.order)}{self.name}"

    @property
    def measure(self) -> Measure:
        """How people count it: in units, packs, and gloves in pairs."""
        in_pairs = self.unit == "枚" and GLOVES in self.name
        return Measure(self.unit, self.pack_size, self.pack_unit, in_pairs)

    def amount(self, quantity: int) -> str:
        """`4,100枚（41箱）`."""
        return with_packs(quantity, self.unit, self.pack_size, self.pack_unit)


IN_ORDER: Prepared[Item] = Prepared(lambda: Item.objects.order_by("order"))
