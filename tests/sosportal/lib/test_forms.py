"""The base of every form on the portal's own pages."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms

from sosportal.lib.forms import CountField, LineField, PortalForm, TextField


class Order(PortalForm):
    name = LineField(label="氏名", max_length=5, help_text="フルネームで")
    quantity = CountField(label="要請数量", units=("枚",), maximum=10_000)
    opinion = TextField(label="ご意見", max_length=10, required=False)
    kind = forms.ChoiceField(label="種別", choices=[("a", "病院"), ("b", "薬局")])
    way = forms.ChoiceField(label="方法", choices=[("x", "電話"), ("y", "メール")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="確認した")
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


FINE = {"name": "見本", "quantity": "１,２３４枚", "kind": "a", "way": "x", "agreed": "on"}


def order(**changes: Any) -> Order:
    return Order({**FINE, **changes})


def test_what_people_type_is_understood() -> None:
    form = order(name=" 見\u200b本\u202e　花子 ", opinion="一行目\r\n二行目  \r\n")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["name"] == "見本　花子"
    assert form.cleaned_data["opinion"] == "一行目\n二行目"
    assert form.cleaned_data["quantity"] == 1234


def test_nothing_at_all_is_asked_for_by_name_and_kind() -> None:
    assert Order({}).error_places == [
        ("id_name", "氏名を入力してください。"),
        ("id_quantity", "要請数量を入力してください。"),
        ("id_kind", "種別を選んでください。"),
        ("id_way_0", "方法を選んでください。"),
        ("id_agreed", "「確認した」にチェックを入れてください。"),
    ]


def test_a_message_of_ones_own_is_kept() -> None:
    class Own(PortalForm):
        tick = forms.BooleanField(label="条件", error_messages={"required": "条件を確かめてください。"})

    assert Own({}).error_places == [("id_tick", "条件を確かめてください。")]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "あいうえおか", "5文字以内で入力してください（いまは6文字です）。"),
        ("name", "a\x01b", "使えない文字（U+0001）が含まれています。入力し直してください。"),
        ("name", " \u200b ", "氏名を入力してください。"),
        ("opinion", "あ" * 11, "10文字以内で入力してください（いまは11文字です）。"),
        ("opinion", "\x00", "使えない文字（U+0000）が含まれています。入力し直してください。"),
        ("quantity", "41箱", "「41箱」は数として読めません。枚数を数字だけで入力してください（例：4100）。"),
        ("quantity", "10,001", "数が大きすぎます。10,000までで入力してください。"),
        ("quantity", "-1", "0より小さい数は入力できません。枚数を数字だけで入力してください（例：4100）。"),
        ("quantity", "  ", "要請数量を入力してください。"),
    ],
)
def test_what_is_refused_says_how_to_mend_it_and_stays(field: str, typed: str, said: str) -> None:
    form = order(**{field: typed})
    assert form.error_places == [(f"id_{field}", said)]
    assert form[field].value() == typed


def test_the_length_is_counted_after_cleaning() -> None:
    assert order(name="\u200bあいうえお\u200b").is_valid()


def test_a_blank_figure_is_none_when_it_may_be_blank() -> None:
    class Blank(PortalForm):
        figure = CountField(required=False)

    form = Blank({"figure": " "})
    assert form.is_valid()
    assert form.cleaned_data["figure"] is None


def test_a_known_figure_is_shown_with_separators() -> None:
    assert 'value="4,100"' in str(Order(initial={"quantity": 4100})["quantity"])


def test_zero_is_a_figure() -> None:
    assert order(quantity="0").is_valid()
    assert 'value="0"' in str(Order(initial={"quantity": 0})["quantity"])


def test_what_concerns_the_whole_form_comes_first_and_has_its_place() -> None:
    class Whole(Order):
        whole_form_place = "id_name"

        def clean(self) -> None:
            raise forms.ValidationError("2つの数が合いません。")

    assert Whole({**FINE, "name": ""}).error_places == [
        ("id_name", "2つの数が合いません。"),
        ("id_name", "氏名を入力してください。"),
    ]


# --- How it looks to a screen reader -------------------------------------------------------------------------------


def test_a_field_group_ties_label_hint_error_and_input_together() -> None:
    group = Order({**FINE, "name": ""})["name"].as_field_group()
    assert '<label for="id_name">氏名</label>' in group
    assert '<p class="field__hint" id="id_name_helptext">フルネームで</p>' in group
    assert '<div id="id_name_error">' in group
    assert 'aria-describedby="id_name_helptext id_name_error"' in group
    assert 'aria-invalid="true"' in group
    assert 'class="input"' in group
    assert "required" in group


def test_a_field_without_hint_or_error_describes_nothing() -> None:
    group = Order()["opinion"].as_field_group()
    assert "aria-describedby" not in group
    assert "aria-invalid" not in group
    assert "maxlength" not in group


def test_radio_buttons_are_a_named_group() -> None:
    group = Order({})["way"].as_field_group()
    assert '<fieldset aria-describedby="id_way_error">' in group
    assert '<legend class="field__label">方法</legend>' in group
    assert group.count('type="radio"') == 2
    assert '<label class="choice" for="id_way_0">' in group


def test_a_checkbox_is_a_row_to_press() -> None:
    group = Order({})["agreed"].as_field_group()
    assert '<label class="tick" for="id_agreed">' in group
    assert 'class="input' not in group


def test_figures_have_a_keypad() -> None:
    group = Order()["quantity"].as_field_group()
    assert 'inputmode="numeric"' in group
    assert 'class="input input--figure"' in group


def test_what_was_typed_is_escaped_everywhere() -> None:
    form = order(name='"><script>alert(1)</script>', kind="<b>")
    assert "<script>" not in "".join(bound.as_field_group() for bound in form)
    assert "<b>" not in "".join(bound.as_field_group() for bound in form)
