"""受付 and the calendar, as the ministry runs them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from requests_app.models import Campaign, CampaignItem, RuleSettings, Schedule
from requests_app.rules.transitions import Status
from sosportal.lib import clock
from sosportal.lib.clock import JST
from sosportal.lib.jinja import jst_short
from surveys.models import Item
from tests import factories
from tests.requests_app.admin.officers import browser, ministry, text

pytestmark = pytest.mark.django_db

CAMPAIGNS = "/admin/requests_app/campaign/"
RULES = {
    "survey_valid_days": "7",
    "max_weeks_of_stock": "",
    "weeks_of_stock_severity": "ERROR",
    "max_weeks_requested": "",
    "weeks_requested_severity": "WARNING",
    "pack_severity": "WARNING",
}


def form(campaign: Campaign | None = None, items: Any = (), changes: Any = (), **more: Any) -> dict[str, Any]:
    """The campaign's form as its page carries it; `items` are (row id, item id, stopped at)."""
    values: dict[str, Any] = {
        "name": "手袋の緊急配布",
        "opens_at": local(campaign.opens_at) if campaign else "2026-01-05T09:00",
        "closes_at": "",
        "notice": "お知らせ",
        "conditions": "条件",
        "terms": "同意",
        "rule_settings-TOTAL_FORMS": "0",
        "rule_settings-INITIAL_FORMS": "0",
        "campaign_items-TOTAL_FORMS": str(len(items)),
        "campaign_items-INITIAL_FORMS": str(sum(1 for row in items if row[0])),
        **RULES,
    }
    for n, (pk, item_id, stopped) in enumerate(items):
        values |= {
            f"campaign_items-{n}-id": pk or "",
            f"campaign_items-{n}-campaign": campaign.pk if campaign else "",
            f"campaign_items-{n}-item": item_id,
            f"campaign_items-{n}-stopped_at": stopped,
        }
    agreed = {"agreed": "1", "token": str(uuid.uuid4())}
    seen = factories.seen(campaign) if campaign else {}
    return values | agreed | seen | dict(changes) | more


def local(moment: datetime) -> str:
    """As the browser's input sends it."""
    return clock.jst(moment).strftime("%Y-%m-%dT%H:%M:%S")


def ahead(**by: float) -> datetime:
    """A whole minute to come."""
    return (clock.now() + timedelta(**by)).replace(second=0, microsecond=0)


def rows_of(campaign: Campaign) -> list[tuple[int, int, str]]:
    return [(row.pk, row.item_id, "") for row in campaign.campaign_items.order_by("pk")]


def change_page(campaign: Campaign) -> str:
    return f"{CAMPAIGNS}{campaign.pk}/change/"


def test_a_campaign_is_opened_with_its_items_and_first_rules() -> None:
    client = browser(person := ministry())
    gloves, masks = factories.gloves(), Item.objects.get(order=1)
    page = client.get(f"{CAMPAIGNS}add/")
    assert page.context["inline_admin_formsets"][0].formset.total_form_count() == Item.objects.count()

    stop = ahead(days=7)
    items = [("", gloves.pk, ""), ("", masks.pk, local(stop)), ("", "", "")]
    done = client.post(f"{CAMPAIGNS}add/", form(items=items, max_weeks_of_stock="１．５"))

    assert done.status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.opens_at == datetime(2026, 1, 5, 9, tzinfo=JST)
    stopped = {row.item_id: row.stopped_at for row in campaign.campaign_items.all()}
    assert stopped == {gloves.pk: None, masks.pk: stop}
    rules = campaign.current_settings()
    assert (rules.version, rules.max_weeks_of_stock, rules.created_by) == (1, Decimal("1.5"), person)


def test_changed_rules_become_a_new_version_and_unchanged_ones_do_not() -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    items = rows_of(campaign)

    assert client.post(change_page(campaign), form(campaign, items, name="新しい名称")).status_code == 302
    assert [rules.version for rules in campaign.rule_settings.all()] == [1]
    changed = form(campaign, items, survey_valid_days="5", max_weeks_requested="2")
    assert client.post(change_page(campaign), changed).status_code == 302

    assert [(rules.version, rules.survey_valid_days) for rules in campaign.rule_settings.all()] == [
        (2, 5),
        (1, 7),
    ]
    page = client.get(change_page(campaign))
    assert 'name="survey_valid_days" value="5"' in page.content.decode()
    assert campaign.rule_settings.filter(version=1, max_weeks_requested=None).exists()


def test_an_item_is_stopped_and_stays_the_item_it_is() -> None:
    campaign = factories.campaign()
    row = campaign.campaign_items.get()
    masks = Item.objects.get(order=1)
    stop = ahead(days=7)
    sent = form(campaign, [(row.pk, masks.pk, local(stop))]) | {"campaign_items-0-DELETE": "on"}

    assert browser(ministry()).post(change_page(campaign), sent).status_code == 302

    row.refresh_from_db()
    assert row.item_id == factories.gloves().pk
    assert row.stopped_at == stop


def test_posted_keys_of_versions_change_nothing() -> None:
    campaign = factories.campaign()
    before: Any = list(RuleSettings.objects.values())
    sent = form(campaign, rows_of(campaign)) | {
        "rule_settings-TOTAL_FORMS": "1",
        "rule_settings-INITIAL_FORMS": "1",
        "rule_settings-0-id": before[0]["id"],
        "rule_settings-0-campaign": campaign.pk,
        "rule_settings-0-survey_valid_days": "60",
        "rule_settings-0-version": "9",
        "version": "9",
        "created_by": "1",
        "id": "77",
    }
    browser(ministry()).post(change_page(campaign), sent)
    assert list(RuleSettings.objects.values()) == before
    assert Campaign.objects.get().pk == campaign.pk


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", "", "名称：名称を入力してください。"),
        ("opens_at", "いつか", "受付開始：日時を正しく入力してください。"),
        ("closes_at", "2025-01-01T00:00", "受付停止は、受付開始よりあとの日時にしてください。"),
        ("survey_valid_days", "0", "1 以上"),
        ("survey_valid_days", "61", "60 以下"),
        ("survey_valid_days", "1_0", "数として読めません。"),
        ("survey_valid_days", "٣", "数として読めません。"),
        ("survey_valid_days", "9" * 5000, "数が長すぎます。"),
        ("max_weeks_of_stock", "1_0", "数として読めません。"),
        ("max_weeks_of_stock", "1e3", "数として読めません。"),
        ("max_weeks_of_stock", "NaN", "数として読めません。"),
        ("max_weeks_of_stock", "-1", "数として読めません。"),
        ("max_weeks_of_stock", "0", "0.01 以上"),
        ("max_weeks_of_stock", "12345", "桁"),
        ("max_weeks_of_stock", "1.234", "小数点以下"),
        ("weeks_of_stock_severity", "FATAL", "正しく選択してください"),
    ],
)
def test_what_can_not_be_taken_is_said_beside_the_field(name: str, value: str, said: str) -> None:
    response = browser(ministry()).post(f"{CAMPAIGNS}add/", form(changes={name: value}))
    body = response.content.decode()
    assert response.status_code == 422
    assert said in text(response)
    assert 'id="errors"' in body
    assert "エラー：" in body.partition("</title>")[0]
    assert Campaign.objects.count() == 0


def test_two_campaigns_never_overlap() -> None:
    factories.campaign()
    response = browser(ministry()).post(f"{CAMPAIGNS}add/", form())
    assert response.status_code == 422
    assert "ほかの受付と期間が重なっています。" in text(response)


def test_an_overlap_that_was_committed_meanwhile_is_said_and_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Campaign.validate_constraints
    looks: list[int] = []

    def blind_once(self: Campaign, exclude: Any = None) -> None:
        looks.append(1)
        if len(looks) > 1:
            real(self, exclude=exclude)

    factories.campaign()
    monkeypatch.setattr(Campaign, "validate_constraints", blind_once)
    response = browser(ministry()).post(f"{CAMPAIGNS}add/", form())
    assert len(looks) == 2
    assert response.status_code == 422
    assert Campaign.objects.count() == 1
    with pytest.raises(IntegrityError):  # what the first look let through
        Campaign.objects.create(name="x", opens_at=clock.now() - timedelta(days=1))


def test_a_save_over_somebody_elses_is_refused_once_with_what_was_typed() -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    page = client.get(change_page(campaign))
    sent = form(campaign, rows_of(campaign), name="わたしの名称") | {"_seen": page.context["seen_digest"]}
    Campaign.objects.filter(pk=campaign.pk).update(name="ほかの人の名称")

    refused = client.post(change_page(campaign), sent)
    assert refused.status_code == 409
    assert differing(refused)["名称"] == ("わたしの名称", "ほかの人の名称")
    assert "わたしの名称" in refused.content.decode()
    assert Campaign.objects.get().name == "ほかの人の名称"

    knowing = sent | {"_seen": refused.context["seen_digest"]}
    assert client.post(change_page(campaign), knowing).status_code == 302
    assert Campaign.objects.get().name == "わたしの名称"


def differing(refused: Any) -> dict[str, tuple[str, str]]:
    """The difference that a refused page shows: by field, what was posted and what stands."""
    return {each.name: (each.typed, each.stands) for each in refused.context["differences"]}


def test_a_save_over_an_item_stopped_meanwhile_is_refused() -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    page = client.get(change_page(campaign))
    sent = form(campaign, rows_of(campaign), name="新しい名称") | {"_seen": page.context["seen_digest"]}
    CampaignItem.objects.filter(campaign=campaign).update(stopped_at=clock.now())

    refused = client.post(change_page(campaign), sent)
    assert refused.status_code == 409
    assert differing(refused)[f"{factories.gloves()}：この物資の受付停止"][0] == "（空欄）"
    assert CampaignItem.objects.get(campaign=campaign).stopped_at is not None


def test_a_save_over_rules_set_meanwhile_is_refused() -> None:
    campaign = factories.campaign()
    client, colleague = browser(ministry()), ministry()
    page = client.get(change_page(campaign))
    sent = form(campaign, rows_of(campaign), name="新しい名称") | {"_seen": page.context["seen_digest"]}
    campaign.set_rules(colleague, **(campaign.current_settings().values() | {"survey_valid_days": 5}))

    refused = client.post(change_page(campaign), sent)
    assert refused.status_code == 409
    assert ("7", "5") in differing(refused).values()
    assert campaign.current_settings().survey_valid_days == 5


def test_the_list_says_what_is_open(django_assert_num_queries: Any) -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    client.get(CAMPAIGNS)
    with django_assert_num_queries(8):
        said = text(client.get(CAMPAIGNS))
    assert "受付中" in said
    assert "⑤非滅菌手袋" in said
    campaign.campaign_items.update(stopped_at=clock.now())
    assert "⑤非滅菌手袋（停止）" in text(client.get(CAMPAIGNS))


def test_the_cost_of_the_form_does_not_depend_on_its_rows(django_assert_num_queries: Any) -> None:
    campaign = factories.campaign()
    client = browser(person := ministry())
    with django_assert_num_queries(18):
        client.get(change_page(campaign))
    for item in Item.objects.exclude(pk=factories.gloves().pk):
        campaign.campaign_items.create(item=item)
    for days in range(8, 14):
        campaign.set_rules(person, **(campaign.current_settings().values() | {"survey_valid_days": days}))
    with django_assert_num_queries(18):
        client.get(change_page(campaign))


# --- The page that asks -------------------------------------------------------------------------------------------


def asking(form: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if name not in {"agreed", "token"}}


def test_the_page_that_asks_says_what_changes_and_writes_nothing() -> None:
    campaign = factories.campaign()
    request = factories.request_in(Status.UNDER_REVIEW, quantity=4150)
    client = browser(ministry())
    row = campaign.campaign_items.get()
    stop, close = ahead(days=2), ahead(days=3)
    sent = form(
        campaign,
        [(row.pk, row.item_id, local(stop))],
        closes_at=local(close),
        notice="新しい<お知らせ>",
        pack_severity="ERROR",
    )
    before: Any = list(Campaign.objects.values()), list(RuleSettings.objects.values())
    asked = client.post(change_page(campaign), asking(sent))
    body, said = asked.content.decode(), text(asked)
    assert asked.status_code == 200
    assert "受付の変更を確かめる" in said
    assert f"{jst_short(stop)}で停止" in said
    assert f"受付は{jst_short(close)}までです。" in said
    assert "エラー有りにする" in said
    assert "いま確認中の要請 1件のうち、判定が変わるのは 1件です。" in said
    assert "満たさなくなる 1件" in said
    assert body.count("新しい&lt;お知らせ&gt;") >= 4  # line by line, and as seen on PC and phone
    assert "いま要請を受け付けているのは" in said  # what goes
    assert (list(Campaign.objects.values()), list(RuleSettings.objects.values())) == before

    carried = dict(asked.context["carried"]) | {"token": str(asked.context["token"])}
    back = client.post(change_page(campaign), carried | {"edit": "1"})
    assert back.status_code == 200
    assert "新しい&lt;お知らせ&gt;</textarea>" in back.content.decode()
    assert campaign.text_versions.count() == 1

    answers = [client.post(change_page(campaign), carried | {"agreed": "1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    saved = Campaign.objects.get()
    assert (saved.closes_at, saved.notice, saved.text_version) == (close, "新しい<お知らせ>", 2)
    assert saved.campaign_items.get().stopped_at == stop
    assert [rules.version for rules in saved.rule_settings.all()] == [2, 1]
    assert type(request).objects.get(pk=request.pk).state is Status.UNDER_REVIEW


def test_a_colleague_who_saves_while_the_page_asks_is_not_overwritten() -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    page = client.get(change_page(campaign))
    sent = form(campaign, rows_of(campaign), notice="わたしの文") | {"_seen": page.context["seen_digest"]}
    asked = client.post(change_page(campaign), asking(sent))
    campaign.change_texts(ministry(), campaign.texts() | {"notice": "ほかの人の文"})
    carried = dict(asked.context["carried"]) | {"token": str(asked.context["token"]), "agreed": "1"}
    refused = client.post(change_page(campaign), carried)
    assert refused.status_code == 409
    assert "ほかの人がこの内容を更新しました" in text(refused)
    assert "わたしの文" in refused.content.decode()
    assert Campaign.objects.get().notice == "ほかの人の文"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("closes_at", "2026-01-06T09:00", "よりあとの日時にしてください"),
        ("opens_at", "2030-01-06T09:00", "受付が始まったあとは、受付開始を変えられません"),
        ("campaign_items-0-stopped_at", "2026-01-06T09:00", "よりあとの日時にしてください"),
    ],
)
def test_moments_without_sense_are_said_beside_the_field(name: str, value: str, said: str) -> None:
    campaign = factories.campaign()
    sent = form(campaign, rows_of(campaign)) | {name: value}
    for posted in (sent, asking(sent)):
        refused = browser(ministry()).post(change_page(campaign), posted)
        assert refused.status_code == 422
        assert said in text(refused)


def test_planned_ahead_the_list_says_from_when() -> None:
    campaign = factories.campaign()
    person = ministry()
    now = clock.now()
    until = Schedule(campaign.opens_at, now + timedelta(days=1))
    campaign.reschedule(person, name=campaign.name, schedule=until, now=now)
    opens = ahead(days=2)
    browser(person).post(f"{CAMPAIGNS}add/", form(opens_at=local(opens)))
    said = text(browser(person).get(CAMPAIGNS))
    assert f"{jst_short(opens)}から受付" in said
    assert f"受付中（{jst_short(now + timedelta(days=1))}まで）" in said


def test_every_version_and_the_difference_between_any_two(django_assert_num_queries: Any) -> None:
    campaign = factories.campaign()
    person = ministry()
    for n in range(2, 5):
        campaign.change_texts(person, campaign.texts() | {"terms": f"同意{n}\n本文"})
        campaign.set_rules(person, **(campaign.current_settings().values() | {"survey_valid_days": n}))
    client = browser(person)
    address = f"{CAMPAIGNS}{campaign.pk}/versions/"
    assert address in client.get(change_page(campaign)).content.decode()
    client.get(address)
    with django_assert_num_queries(9):
        said = text(client.get(address))
    assert "第3版から第4版への違い" in said
    assert "3日 4日" in said
    other = text(client.get(address, {"texts_a": "4", "texts_b": "1", "rules_a": "2", "rules_b": "4"}))
    assert "第1版から第4版への違い" in other
    assert "第2版から第4版への違い" in other
    assert "2日 4日" in other
    assert client.get(address, {"texts_a": "９", "texts_b": "x" * 5000}).status_code == 200
