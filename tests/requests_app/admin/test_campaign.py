"""受付 and the calendar, as the ministry runs them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from requests_app.models import CalendarException, Campaign, CampaignItem, CutoffChange, RuleSettings
from sosportal.lib import clock
from sosportal.lib.clock import JST
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
        "opens_at": "2026-01-05T09:00",
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
    return values | dict(changes) | more


def rows_of(campaign: Campaign) -> list[tuple[int, int, str]]:
    return [(row.pk, row.item_id, "") for row in campaign.campaign_items.order_by("pk")]


def change_page(campaign: Campaign) -> str:
    return f"{CAMPAIGNS}{campaign.pk}/change/"


def test_a_campaign_is_opened_with_its_items_and_first_rules() -> None:
    client = browser(person := ministry())
    gloves, masks = factories.gloves(), Item.objects.get(order=1)
    page = client.get(f"{CAMPAIGNS}add/")
    assert page.context["inline_admin_formsets"][0].formset.total_form_count() == Item.objects.count()

    items = [("", gloves.pk, ""), ("", masks.pk, "2026-02-01T17:00"), ("", "", "")]
    done = client.post(f"{CAMPAIGNS}add/", form(items=items, max_weeks_of_stock="１．５"))

    assert done.status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.opens_at == datetime(2026, 1, 5, 9, tzinfo=JST)
    stopped = {row.item_id: row.stopped_at for row in campaign.campaign_items.all()}
    assert stopped == {gloves.pk: None, masks.pk: datetime(2026, 2, 1, 17, tzinfo=JST)}
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
    sent = form(campaign, [(row.pk, masks.pk, "2026-02-01T17:00")]) | {"campaign_items-0-DELETE": "on"}

    assert browser(ministry()).post(change_page(campaign), sent).status_code == 302

    row.refresh_from_db()
    assert row.item_id == factories.gloves().pk
    assert row.stopped_at == datetime(2026, 2, 1, 17, tzinfo=JST)


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
        ("name", "", "名称：このフィールドは必須です。"),
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
    assert refused.status_code == 422
    assert "ほかの人がこの内容を更新しました" in text(refused)
    assert "わたしの名称" in refused.content.decode()
    assert Campaign.objects.get().name == "ほかの人の名称"

    knowing = sent | {"_seen": refused.context["seen_digest"]}
    assert client.post(change_page(campaign), knowing).status_code == 302
    assert Campaign.objects.get().name == "わたしの名称"


def test_a_save_over_an_item_stopped_meanwhile_is_refused() -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    page = client.get(change_page(campaign))
    sent = form(campaign, rows_of(campaign), name="新しい名称") | {"_seen": page.context["seen_digest"]}
    CampaignItem.objects.filter(campaign=campaign).update(stopped_at=clock.now())

    assert client.post(change_page(campaign), sent).status_code == 422
    assert CampaignItem.objects.get(campaign=campaign).stopped_at is not None


def test_a_save_over_rules_set_meanwhile_is_refused() -> None:
    campaign = factories.campaign()
    client, colleague = browser(ministry()), ministry()
    page = client.get(change_page(campaign))
    sent = form(campaign, rows_of(campaign), name="新しい名称") | {"_seen": page.context["seen_digest"]}
    campaign.set_rules(colleague, **(campaign.current_settings().values() | {"survey_valid_days": 5}))

    assert client.post(change_page(campaign), sent).status_code == 422
    assert campaign.current_settings().survey_valid_days == 5


def test_cutoffs_and_days() -> None:
    client = browser(ministry())
    base = "/admin/requests_app"
    moved = {"regular_day": "2026-12-30", "cutoff_at": "2026-12-28T12:00", "note": "年末"}
    assert client.post(f"{base}/cutoffchange/add/", moved).status_code == 302
    assert CutoffChange.objects.get().cutoff_at == datetime(2026, 12, 28, 12, tzinfo=JST)
    refused = client.post(f"{base}/cutoffchange/add/", moved | {"regular_day": "2026-12-31"})
    assert refused.status_code == 422
    assert "水曜日を選んでください。" in text(refused)

    day = {"day": "2026-12-28", "note": "臨時"}
    assert client.post(f"{base}/calendarexception/add/", day).status_code == 302
    assert CalendarException.objects.get().is_business_day is False
    assert client.post(f"{base}/calendarexception/add/", day).status_code == 422


@pytest.mark.parametrize("years", [-200, -2, 6, 200])
def test_days_far_away_are_refused(years: int) -> None:
    client = browser(ministry())
    base = "/admin/requests_app"
    near = clock.today() + timedelta(days=1)
    wednesday = near + timedelta(days=(2 - near.weekday()) % 7)
    far = wednesday + timedelta(weeks=52 * years)
    moved = {"regular_day": wednesday.isoformat(), "cutoff_at": f"{wednesday}T11:00", "note": ""}
    for address, sent in (
        ("cutoffchange", moved | {"regular_day": far.isoformat()}),
        ("cutoffchange", moved | {"cutoff_at": f"{far}T11:00"}),
        ("calendarexception", {"day": far.isoformat(), "note": ""}),
    ):
        refused = client.post(f"{base}/{address}/add/", sent)
        assert refused.status_code == 422
        assert "今日の1年前から5年後までの日付を入力してください。" in text(refused)
    for address, sent in (
        ("cutoffchange", moved),
        ("calendarexception", {"day": near.isoformat(), "note": ""}),
    ):
        assert client.post(f"{base}/{address}/add/", sent).status_code == 302


def test_the_list_says_what_is_open(django_assert_num_queries: Any) -> None:
    campaign = factories.campaign()
    client = browser(ministry())
    client.get(CAMPAIGNS)
    with django_assert_num_queries(9):
        said = text(client.get(CAMPAIGNS))
    assert "受付中" in said
    assert "⑤非滅菌手袋" in said
    campaign.campaign_items.update(stopped_at=clock.now())
    assert "⑤非滅菌手袋（停止）" in text(client.get(CAMPAIGNS))


def test_the_cost_of_the_form_does_not_depend_on_its_rows(django_assert_num_queries: Any) -> None:
    campaign = factories.campaign()
    client = browser(person := ministry())
    with django_assert_num_queries(19):
        client.get(change_page(campaign))
    for item in Item.objects.exclude(pk=factories.gloves().pk):
        campaign.campaign_items.create(item=item)
    for days in range(8, 14):
        campaign.set_rules(person, **(campaign.current_settings().values() | {"survey_valid_days": days}))
    with django_assert_num_queries(19):
        client.get(change_page(campaign))
