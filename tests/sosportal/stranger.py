"""An officer of Osaka goes through the admin, where nearly everything is Tokyo's: what of it they find, and where.

Each function below goes one way through every registered page and returns what is wrong: (way, what was found).
"""

from __future__ import annotations

import copy
import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from django.contrib.admin import site
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.test import Client, RequestFactory
from django.urls import reverse

from institutions.models import Role, User
from requests_app.models import LineOutcome, Question, RequestEvent, Shipment
from requests_app.rules.transitions import Status
from sosportal.lib.tabular import FileKind
from tests import factories
from tests.sosportal.test_audience import NOW, World, build_world, in_one_form, routes

Faults = list[tuple[str, Any]]

BESIDE = (LineOutcome, Question, RequestEvent, Shipment)  # in no page of their own, in those of others
ABSENT, ABSENT_KEY = "みつからない語", 999_999
LOOKUPS = ("", "__exact", "__startswith", "__gte")
DEEPER = ("__startswith",)
ENOUGH = 4
# Each address that sends a file, with what asks for one.
EXPORTS = {
    "admin/requests_app/sosrequest/export/": ("POST", "?status=all", "kind"),
    "admin/changes/": ("POST", "", "kind"),
    "admin/progress/export/": ("GET", "", "kind"),
    "admin/requests_app/handoff/<int:key>/file/": ("POST", "", "kind"),
    "admin/requests_app/allocationdecision/<int:key>/file/": ("POST", "", "kind"),
}


@dataclass
class Stranger:
    """The officer of Osaka, what Tokyo's rows say that no row in their sight and no empty page says, and those rows."""

    world: World
    officer: User
    client: Client
    words: frozenset[str]
    rows: dict[type[models.Model], models.Model]
    own_number: str

    def sees(self, model: type[models.Model]) -> bool:
        return site.get_model_admin(model).has_view_permission(self.asking())

    def asking(self) -> Any:
        request = RequestFactory().get("/admin/")
        request.user = self.officer
        return request

    def found_in(self, response: Any, said: str = "") -> list[str]:
        """The foreign words on a page or in a file, but for the one the officer said themselves."""
        text = text_of(response)
        return sorted(word for word in self.words if word != said and word in text.replace(said or "\0", ""))


def arrive() -> Stranger:
    """Lay a world of which nearly all is Tokyo's, with one request in Osaka. Needs the time of the world."""
    officer = factories.user(Role.PREFECTURE, prefecture_id=factories.OSAKA)
    client = Client(raise_request_exception=False)
    client.force_login(officer)
    empty = "".join(
        text_of(client.get(path)) for path in ("/admin/", "/admin/changes/", *map(list_of, site._registry))
    )
    world = build_world()
    place = world.users["staff_c"].memberships.get().institution
    own = factories.request_in(Status.UNDER_REVIEW, world.users["staff_c"], place, now=NOW)
    rows: dict[type[models.Model], models.Model] = {}
    foreign, visible = set(), set()
    models_with_rows: list[type[models.Model]] = [*site._registry, *BESIDE]
    for model in models_with_rows:
        manager: Any = model._default_manager
        if not hasattr(manager, "visible_to"):
            continue
        seen = people_in_sight(officer) if model is User else manager.visible_to(officer)
        hidden = manager.exclude(pk__in=seen.values("pk"))
        visible |= {word for row in seen for word in words_of(row)}
        foreign |= {word for row in hidden for word in words_of(row)}
        if (row := hidden.order_by("pk").first()) is not None:
            rows[model] = row
    known = "\n".join(visible) + empty
    words = frozenset(word for word in foreign if word not in known)
    return Stranger(world, officer, client, words, rows, own.number)


def people_in_sight(officer: User) -> models.QuerySet[User]:
    """Whose names stand beside what they did for Osaka's institutions, and those of the officers of the state."""
    own = Q(memberships__institution__prefecture=factories.OSAKA) | Q(prefecture=factories.OSAKA)
    found: models.QuerySet[User] = User.objects.filter(own | Q(role__in=[Role.MINISTRY, Role.OPERATOR]))
    return found


def words_of(row: models.Model) -> Iterator[str]:
    """What the row says in words: no choices, digests or passwords."""
    for field in row._meta.concrete_fields:
        text = field.value_from_object(row)
        written = isinstance(field, models.CharField | models.TextField) and not field.choices
        if written and text and len(text) > 3 and field.name != "password":
            yield text


def text_of(response: Any) -> str:
    """A page or a file as one text; of a workbook all parts."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"\n".join(book.read(name) for name in book.namelist())
    text = content.decode("cp932" if "Shift_JIS" in response.get("Content-Type", "") else "utf-8", "replace")
    return html.unescape(text)


def list_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


# --- The ways -----------------------------------------------------------------------------------------------------


def by_every_route(who: Stranger) -> Faults:
    """Every address of the admin, with the keys of Tokyo's rows: lists, objects, histories, steps, imports."""
    found = []
    for route in routes():
        if route.startswith("admin/"):
            model = next((each for each in site._registry if list_of(each)[1:] in route), None)
            key = who.world.rows[model] if model else "1"
            path = who.world.path(route, who.world.own, key)
            for method in ("GET", "POST"):
                with (
                    transaction.atomic()
                ):  # a file is logged while it is read: read before all of it is undone
                    cookies = copy.deepcopy(who.client.cookies)
                    response = who.client.get(path) if method == "GET" else who.client.post(path, {})
                    found.append((f"{method} {path}", who.found_in(response, said=path)))
                    transaction.set_rollback(True)
                who.client.cookies = cookies
    return [each for each in found if each[1]]


def by_every_link(who: Stranger) -> tuple[Faults, set[str]]:
    """Every link that a page offers, from the start and the lists on: filters, orders, pages, objects, their history.

    Returns the addresses too. Of links that differ in a value alone, as the days of a year, ENOUGH are followed.
    """
    waiting = ["/admin/", "/admin/changes/", *map(list_of, site._registry)]
    done: set[str] = set()
    found = []
    asked_by: Counter[str] = Counter()
    while waiting:
        path = waiting.pop(0)
        if path in done:
            continue
        done.add(path)
        response = who.client.get(path)
        found.append((path, who.found_in(response)))
        if response.get("Content-Type", "").startswith("text/html"):
            for link in re.findall(r'href="([^"#]+)', response.content.decode()):
                target = urljoin(path, html.unescape(link))
                kind = target.partition("=")[0]
                if target.startswith("/admin/") and target not in done and asked_by[kind] < ENOUGH:
                    asked_by[kind] += "=" in target
                    waiting.append(target)
    return [each for each in found if each[1]], done


def by_query_string(who: Stranger, model: type[models.Model]) -> Faults:
    """Lookups over each field and over those of each relation: what is asked of Tokyo's row is answered as of none."""
    row = who.rows.get(model)
    found = []
    for path, value in [] if row is None or not who.sees(model) else lookups_of(row):
        nobody = ABSENT_KEY if isinstance(value, int) else ABSENT
        there, nowhere = (who.client.get(list_of(model), {path: said}) for said in (value, nobody))
        if tell(there, str(value)) != tell(nowhere, str(nobody)) or who.found_in(there, str(value)):
            found.append((f"{list_of(model)}?{path}={value}", there.status_code))
    return found


def lookups_of(row: models.Model) -> Iterator[tuple[str, Any]]:
    """What might be asked of the row, and the answer that would be its; no words that every page offers as a choice."""
    for each_field in row._meta.get_fields():
        field: Any = each_field
        target: Any = field.related_model
        own = isinstance(field, models.Field) and not field.many_to_many and is_own(field, target)
        if own and (value := field.value_from_object(row)) not in (None, ""):
            yield from ((f"{field.name}{lookup}", value) for lookup in LOOKUPS)
        other = target._default_manager.order_by("pk").first() if target and target != "self" else None
        for each in other._meta.concrete_fields if other else ():
            value = each.value_from_object(other)
            if is_own(each, each.related_model) and value not in (None, ""):
                yield from ((f"{field.name}__{each.name}{lookup}", value) for lookup in DEEPER)


def is_own(field: Any, target: Any) -> bool:
    """Whether the values of a field tell one row from others: no choice, and no key of what everybody may see."""
    if isinstance(field, models.BooleanField | models.JSONField | ArrayField) or field.choices:
        return False
    return target is None or hasattr(target._default_manager, "visible_to")


def tell(response: Any, said: str) -> tuple[int, str]:
    """What can be told from an answer, without what was said itself."""
    body = html.unescape(in_one_form(response.content).decode()) if response.status_code == 200 else ""
    return response.status_code, re.sub(r"(?<=[?&])[\w=&%.\-:+]*", "", body.replace(said, ""))


def by_search(who: Stranger, model: type[models.Model]) -> Faults:
    """Each foreign word, searched for: the answer is that to a word which is nowhere."""
    found = []
    nothing = tell(who.client.get(list_of(model), {"q": ABSENT}), ABSENT)
    for word in sorted(who.words) if who.sees(model) else ():
        if len(word) <= 60 and "\n" not in word:
            response = who.client.get(list_of(model), {"q": word})
            if tell(response, word) != nothing or who.found_in(response, word):
                found.append((f"{list_of(model)}?q={word}", response.status_code))
    return found


def by_side_doors(who: Stranger, model: type[models.Model]) -> Faults:
    """Autocomplete, pop-ups, other keys, view on site: closed, or as for what is absent."""
    found: Faults = []
    admin = site.get_model_admin(model)
    kind = ContentType.objects.get_for_model(model).pk
    key = who.world.rows[model]
    found += [(f"/admin/r/{kind}/{each}/", "open") for each in (key, ABSENT_KEY)
              if who.client.get(f"/admin/r/{kind}/{each}/").status_code != 404]  # fmt: skip
    for field in model._meta.get_fields():
        asking = {"app_label": model._meta.app_label, "model_name": str(model._meta.model_name),
                  "field_name": str(field.name), "term": ""}  # fmt: skip
        if who.client.get("/admin/autocomplete/", asking).status_code != 404:
            found.append(("autocomplete", asking))
        popup = who.client.get(list_of(model), {"_popup": "1", "_to_field": str(field.name)})
        found += [(f"pop-up by {field.name}", word) for word in who.found_in(popup)]
    for page in (admin, *admin.inlines):
        found += [(str(page), "raw_id_fields")] if page.raw_id_fields else []
    return found


def by_choices(who: Stranger, model: type[models.Model]) -> Faults:
    """What a relation of a form offers and takes, in the page and its inlines, is in sight, whoever may open it."""
    admin: Any = site.get_model_admin(model)
    request = who.asking()
    found = []
    for page in (admin, *(inline(model, site) for inline in admin.inlines)):
        for field in page.model._meta.get_fields():
            if not isinstance(field, models.ForeignKey | models.ManyToManyField) or not field.editable:
                continue
            target: Any = field.remote_field.model
            if hasattr(target._default_manager, "visible_to"):
                offered = page.formfield_for_dbfield(field, request)
                shown = offered.queryset if offered else target._default_manager.none()
                hidden = shown.exclude(pk__in=target._default_manager.visible_to(who.officer).values("pk"))
                found += [(f"{type(page).__name__}.{field.name}", str(each)) for each in hidden]
    return found


def by_actions(who: Stranger, model: type[models.Model]) -> Faults:
    """Each action on Tokyo's row, alone and with the whole list: as on a row that isn't there."""
    admin: Any = site.get_model_admin(model)
    found = []
    for name in admin.get_actions(who.asking()) if who.sees(model) else ():
        for across in ("0", "1"):
            posted = {"action": name, "select_across": across, "index": "0"}
            foreign, absent = (
                who.client.post(list_of(model), posted | {"_selected_action": key})
                for key in (who.world.rows[model], ABSENT_KEY)
            )
            if who.found_in(foreign) or foreign.status_code != absent.status_code:
                found.append((f"{model.__name__}: {name}", who.found_in(foreign)))
    return found


def by_files(who: Stranger) -> Faults:
    """Every file that can be had, in every kind, with Tokyo's keys."""
    found = []
    for route, (method, query, name) in EXPORTS.items():
        path = who.world.path(route, who.world.own, "1") + query
        for kind in FileKind:
            send = who.client.get if method == "GET" else who.client.post
            response = send(path, {name: kind.value, "geta": "1"})
            found.append((f"{method} {path} {kind}", who.found_in(response)))
    return [each for each in found if each[1]]
