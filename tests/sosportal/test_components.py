"""The components that every page is made of: what they say, to eyes and to screen readers, and that they escape."""

from __future__ import annotations

import datetime as dt
import enum
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from markupsafe import Markup

from requests_app.rules.system_check import Finding, Severity
from requests_app.rules.transitions import Status
from sosportal.lib.clock import JST
from sosportal.lib.forms import CountField, PortalForm
from sosportal.lib.pictures import pictures

IMPORTS = """{% import "components/basics.html" as ui %}{% import "components/state.html" as state -%}
{% import "components/forms.html" as forms %}{% import "components/lists.html" as lists -%}"""
NOW = dt.datetime(2026, 11, 24, 10, 22, tzinfo=JST)
EVIL = '"><script>alert(1)</script>'
GLOVES = SimpleNamespace(unit="枚", pack_size=100, pack_unit="箱")
MISSING = Finding("R3", Severity.ERROR, "メールがありません", "登録してください。", "空欄", "profile")
CAUTION = Finding(
    "R9", Severity.WARNING, "ほかにも確認中です", "確かめてください。", "1件", "request:2611-0001"
)


def shown(template: str, **context: Any) -> str:
    """The template with every component at hand, white space between tags taken out."""
    page = engines["jinja2"].from_string(IMPORTS + template).render({"now": NOW, "evil": EVIL, **context})
    return re.sub(r">\s+<", "><", str(page)).strip()


class Order(PortalForm):
    quantity = CountField(label="要請数量", help_text="枚で入力してください。", required=False)
    agreed = forms.BooleanField(label="確認した")
    by_mail = forms.BooleanField(label="メールでも送る", help_text="取り消せません。", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


class Fifth(enum.Enum):
    WITHDRAWN = "取下げ"


# --- Basics --------------------------------------------------------------------------------------------------------


def test_a_mark_is_a_sign_for_eyes_only() -> None:
    assert shown('{{ ui.mark("ok") }}') == (
        '<svg class="mark" aria-hidden="true" focusable="false"><use href="/static/sprite.svg#m-ok"/></svg>'
    )


def test_every_mark_stands_in_the_sprite() -> None:
    sprite = (Path(__file__).parents[2] / "static" / "sprite.svg").read_text()
    names = {"draft", "error", "review", "accepted", "ok", "caution", "info"}
    assert set(re.findall(r'id="m-(\w+)"', sprite)) == names


def test_a_title_breaks_after_underscores() -> None:
    assert shown('{{ ui.title_breaks("2026/4/28_架空病院_緊急配布要請") }}') == (
        '<span class="title"><span>2026/4/28_</span><span>架空病院_</span><span>緊急配布要請</span></span>'
    )


def test_crumbs_end_where_one_is() -> None:
    trail = shown('{{ ui.crumbs([("ホーム", "/"), "要請"]) }}')
    assert '<li><a href="/">ホーム</a></li><li aria-current="page">要請</li>' in trail


def test_facts_say_what_is_blank() -> None:
    facts = shown('{{ ui.facts([("住所", ""), ("電話", none), ("数", 0, "is-status")], "across") }}')
    assert facts.startswith('<dl class="facts facts--across">')
    assert facts.count("（空欄）") == 2
    assert '<div class="is-status"><dt>数</dt><dd>0</dd></div>' in facts


@pytest.mark.parametrize(
    ("kind", "css", "mark"), [("info", "", "info"), ("caution", " notice--caution", "caution")]
)
def test_notices_say_one_thing(kind: str, css: str, mark: str) -> None:
    notice = shown('{{ ui.notice(kind, "題", "文") }}', kind=kind)
    assert f'<div class="notice{css}">' in notice
    assert f"#m-{mark}" in notice
    assert '<p class="notice__title">題</p><p>文</p>' in notice


def test_what_was_done_is_announced() -> None:
    assert 'class="notice notice--done" role="status"' in shown('{{ ui.notice("done", "保存しました。") }}')


def test_a_button_is_a_link_only_with_an_address() -> None:
    assert shown('{{ ui.button("編集", "/x", second=true, small=true) }}') == (
        '<a class="button button--second button--small" href="/x">編集</a>'
    )
    assert shown('{{ ui.button("保存", name="do", value="save") }}') == (
        '<button class="button" type="submit" name="do" value="save">保存</button>'
    )


def test_terms_and_conditions_are_numbered() -> None:
    assert "<dt>② 公表</dt><dd>されます</dd>" in shown(
        '{{ ui.terms([("提供", "します"), ("公表", "されます")]) }}'
    )
    assert '<span class="numbered__no">②</span>二' in shown('{{ ui.numbered(["一", "二"]) }}')


# --- State ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "shape"),
    [
        (Status.DRAFT, "draft"),
        (Status.ERROR, "error"),
        (Status.UNDER_REVIEW, "review"),
        (Status.ACCEPTED, "accepted"),
    ],
)
def test_a_status_is_shape_and_words(status: Status, shape: str) -> None:
    badge = shown("{{ state.status(status) }}", status=status)
    assert f'class="status status--{shape}"' in badge
    assert f"#m-{shape}" in badge
    assert badge.endswith(f"{status.label}</span>")


def test_every_status_has_its_shape_and_there_is_no_fifth() -> None:
    assert all(shown("{{ state.status(status) }}", status=status) for status in Status)
    with pytest.raises(KeyError):
        shown("{{ state.status(status) }}", status=Fifth.WITHDRAWN)


def test_the_way_of_a_request_says_where_one_is() -> None:
    way = shown(
        """{{ state.steps([{"name": "未申請", "state": "done", "when": "11/20"},
                           {"name": "エラー有り", "state": "stopped", "when": ""}]) }}"""
    )
    assert '<li class="is-done"><span class="steps__name">未申請</span>' in way
    assert '<li class="is-stopped" aria-current="step">' in way
    assert way.count("いまここ") == 1


def test_the_timeline_gives_times_to_people_and_machines() -> None:
    line = shown('{{ state.timeline([{"at": now, "what": "未申請", "who": evil}]) }}')
    assert '<time datetime="2026-11-24T10:22+09:00">11/24（火）10:22</time>' in line
    assert "<script>" not in line


def test_the_chain_of_quantities_knows_what_is_still_to_come() -> None:
    chain = shown(
        """{{ state.quantity_chain([
          {"name": "要請", "quantity": 4100, "item": gloves, "when": "11/24", "who": "", "text": ""},
          {"name": "国の受付", "quantity": none, "item": gloves, "when": "", "who": "", "text": "確認中"}]) }}""",
        gloves=GLOVES,
    )
    assert '4,100<span class="unit">枚</span>' in chain
    assert "11/24　41箱" in chain
    assert '<li class="is-ahead"><span class="quantity-chain__name">国の受付</span>' in chain


@pytest.mark.parametrize(("weeks", "width"), [(0, "0.0"), (0.9, "76.5"), (4, "340.0"), (1000, "340.0")])
def test_the_scale_of_stock_stays_on_the_paper(weeks: float, width: str) -> None:
    scale = shown("{{ state.stock_scale(weeks, 1.8) }}", weeks=weeks)
    assert f'<rect class="scale-bar" x="10" y="22" width="{width}"' in scale
    assert f'aria-label="備蓄の目盛り。いま{weeks:.1f}週分、先週は1.8週分"' in scale
    assert "style=" not in scale


def test_failures_name_the_figures_and_the_way_out() -> None:
    found = shown(
        "{{ state.failures(findings, link) }}",
        findings=[CAUTION, MISSING, MISSING],
        link=lambda finding: ("登録する", "/profile/") if finding.place == "profile" else None,
    )
    assert found.count('<a class="button" href="/profile/">登録する</a>') == 1
    assert found.count('<a class="button button--second" href="/profile/">登録する</a>') == 1
    assert found.count('<li class="is-caution">') == found.count("注意のみ") == 1
    assert '<p class="figures-seen">空欄</p>' in found


# --- Forms ---------------------------------------------------------------------------------------------------------


def test_the_summary_is_silent_until_something_is_wrong() -> None:
    assert shown('{{ forms.error_summary(form, "x") }}', form=Order()) == ""
    assert shown('{{ forms.error_summary(form, "x") }}', form=Order({"agreed": "on"})) == ""


def test_the_summary_gathers_several_forms() -> None:
    both = [Order({"agreed": "on"}, prefix="a"), Order({"b-quantity": "41箱"}, prefix="b")]
    summary = shown('{{ forms.error_summary(both, "保存できませんでした", "直してください。") }}', both=both)
    assert 'role="alert" tabindex="-1" id="errors" aria-labelledby="errors-title" autofocus' in summary
    assert "保存できませんでした（3件）" in summary
    assert '<a href="#id_b-quantity">' in summary
    assert summary.count('<a href="#id_') == 3


def test_a_field_with_a_unit_is_read_out_with_all_that_explains_it() -> None:
    field = shown(
        '{{ forms.field(form["quantity"], unit="枚", as="＝41箱", more=more) }}',
        form=Order({"quantity": "x"}),
        more=Markup("めやす <b>4,100</b>"),
    )
    assert 'aria-describedby="id_quantity_helptext id_quantity_error id_quantity_more"' in field
    assert '<div class="suggest" id="id_quantity_more">めやす <b>4,100</b></div>' in field
    assert "＝41箱" in field


def test_a_figure_stands_beside_last_weeks() -> None:
    row = shown(
        '{{ forms.figure_row(form["quantity"], "いま", "6,200枚", "62箱", "枚", "＝34箱", ask) }}',
        form=Order(),
        ask="箱では？",
    )
    assert 'aria-describedby="id_quantity_last id_quantity_ask"' in row
    assert "<span>先週</span><b>6,200枚</b><span>62箱</span>" in row
    assert 'id="id_quantity_ask"' in row


def test_a_tick_says_first_what_it_is_and_then_explains_it() -> None:
    tick = shown('{{ forms.tick(form["by_mail"]) }}', form=Order())
    label, hint = '<label class="tick" for="id_by_mail">', '<p class="field__hint" id="id_by_mail_helptext">'
    assert tick.index(label) < tick.index("メールでも送る") < tick.index(hint)
    assert re.search(r'<input type="checkbox"[^>]* aria-describedby="id_by_mail_helptext"', tick)
    refused = shown('{{ forms.tick(form["agreed"]) }}', form=Order({}))
    assert refused.index('id="id_agreed_error"') < refused.index('<label class="tick" for="id_agreed">')
    assert 'aria-describedby="id_agreed_error"' in refused


def test_hidden_fields_and_the_first_submit() -> None:
    assert (
        shown("{{ forms.hidden(form) }}", form=Order()) == '<input type="hidden" name="token" id="id_token">'
    )
    assert 'tabindex="-1" aria-hidden="true"' in shown('{{ forms.first_submit("送信") }}')


# --- Lists ---------------------------------------------------------------------------------------------------------


def test_a_list_is_a_table_with_roles_and_labels() -> None:
    table = shown(
        """{% call lists.table("要請") %}
          {{ lists.thead([("title", "タイトル"), ("at", "申請日時"), ("", "点")], "-title", link) }}
          <tbody role="rowgroup">{% call lists.row() %}
            {{ lists.head(evil, "/1", "番号") }}{{ lists.cell("日時", none) }}
            {{ lists.cell("数", 0, "r") }}{{ lists.cell("状態", evil, "status") }}
          {% endcall %}</tbody>{% endcall %}""",
        link=lambda key: f"?sort={key}",
    )
    assert '<caption class="hidden-text">要請</caption>' in table
    assert (
        '<th role="columnheader" scope="col" aria-sort="descending"><a href="?sort=title">タイトル' in table
    )
    assert '<th role="columnheader" scope="col"><a href="?sort=at">申請日時</a></th>' in table
    assert '<th role="columnheader" scope="col">点</th>' in table
    assert '<span class="ref">番号</span>' in table
    assert '<td role="cell" data-label="日時"><span class="soft">—</span></td>' in table
    assert '<td role="cell" data-label="数" class="r">0</td>' in table
    assert '<td role="cell" data-label="状態" class="cell-status">' in table
    assert "<script>" not in table


def test_a_search_keeps_what_else_was_chosen() -> None:
    search = shown('{{ lists.search("検索...", "/r/", evil, {"view": "all"}) }}')
    assert '<input type="hidden" name="view" value="all">' in search
    assert '<label for="list-q">検索...</label>' in search
    assert "<script>" not in search


def test_the_pager_shows_only_where_there_are_pages() -> None:
    pages = Paginator(range(30), 10)
    link = {"link": lambda number: f"?page={number}"}
    assert shown("{{ lists.pager(page, link) }}", page=Paginator(range(3), 10).page(1), **link) == ""
    assert 'rel="prev"' not in shown("{{ lists.pager(page, link) }}", page=pages.page(1), **link)
    middle = shown("{{ lists.pager(page, link) }}", page=pages.page(2), **link)
    assert 'rel="prev" href="?page=1"' in middle
    assert 'rel="next" href="?page=3"' in middle
    assert 'rel="next"' not in shown("{{ lists.pager(page, link) }}", page=pages.page(3), **link)


def test_views_and_counts() -> None:
    views = shown('{{ lists.views([("すべて選択", "?v=all", true), ("最近", "?v=recent", false)]) }}')
    assert '<a href="?v=all" aria-current="true">すべて選択</a><a href="?v=recent">最近</a>' in views
    assert shown('{{ lists.count_line("2 個の項目") }}') == '<p class="count-line">2 個の項目</p>'


def test_a_picture_has_its_size_and_words_and_comes_when_it_is_scrolled_to() -> None:
    kept = pictures()["hospital-login"]
    page = shown(
        '{% import "components/pictures.html" as pictures %}{{ pictures.picture("hospital-login") }}'
    )
    assert f'width="{kept.width}" height="{kept.height}" alt="{kept.alt}" loading="lazy"' in page
    assert "guide/hospital-login.webp" in page
    assert "<a" not in page, "in its own width it need not be enlarged"


def test_a_picture_that_was_never_taken_is_an_error() -> None:
    with pytest.raises(KeyError):
        shown('{% import "components/pictures.html" as pictures %}{{ pictures.picture("nothing") }}')
