"""One verb on many requests: what will happen to each, and what did."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from institutions.models import Proxy, Role, User
from requests_app.models import RequestEvent, SosRequest
from requests_app.rules.transitions import Status, Verb
from tests import factories
from tests.requests_app.admin.many import agree, confirmed, results, waiting
from tests.requests_app.admin.officers import QUEUE, action, again, browser, ministry, prefecture, seen, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _campaign() -> None:
    factories.campaign()


def test_confirm_many_as_requested() -> None:
    requests = waiting(3)
    client = browser(person := prefecture())

    asked = client.post(QUEUE, action(requests, "confirm_many"))
    assert "3件に、都道府県の確認を記録します" in text(asked)
    assert not any(again(request).confirmed_at for request in requests)

    done = agree(client, asked, "confirm")
    assert done.status_code == 200
    assert "3件に、都道府県の確認を記録しました" in text(done)
    for request in requests:
        stands = again(request)
        assert stands.confirmed_by == person
        assert [line.confirmed_quantity for line in stands.lines.all()] == [4100]


def test_a_question_without_an_answer_is_said_before_many_are_confirmed() -> None:
    asked, quiet = waiting(2)
    officer = prefecture()
    asked.ask(officer, "何箱が、いつ届きますか。")

    assert "照会の回答待ち" in text(browser(officer).post(QUEUE, action([asked, quiet], "confirm_many")))
    assert "照会の回答待ち" not in text(browser(officer).post(QUEUE, action([quiet], "confirm_many")))


def test_what_to_look_at_twice_is_said_before_many_are_confirmed() -> None:
    place = factories.institution()
    much = factories.request_in(Status.UNDER_REVIEW, place=place, quantity=12300)
    client = browser(prefecture())
    asked = client.post(QUEUE, action([much, *waiting(1)], "confirm_many"))
    assert text(asked).count("めやすの3.0倍") == 1
    assert [amount.suggested for row in asked.context["rows"] for amount in row.amounts] == [4100, 4100]
    assert "めやすの" not in text(agree(client, asked, "confirm")), "the report tells what was done"


def test_the_page_and_the_report_say_what_the_verb_makes_of_each_row() -> None:
    asked_for, confirmed_less = waiting(2)
    client, national = browser(prefecture()), browser(ministry())
    line = confirmed_less.lines.get()
    stands = confirmed_less.confirm(
        prefecture(), {line.item_id: 100}, "納品あり", seen_revision=confirmed_less.revision
    )

    asked = client.post(QUEUE, action([asked_for], "confirm_many"))
    assert [amount.confirmed for row in asked.context["rows"] for amount in row.amounts] == [4100]
    done = agree(client, asked, "confirm")
    assert [amount.confirmed for row in done.context["rows"] for amount in row.amounts] == [4100]

    asked = national.post(QUEUE, action([again(asked_for), stands], "accept_many"))
    told = [(amount.confirmed, amount.accepted) for row in asked.context["rows"] for amount in row.amounts]
    assert told == [(4100, 4100), (100, 100)]
    done = agree(national, asked, "accept")
    assert told == [
        (amount.confirmed, amount.accepted) for row in done.context["rows"] for amount in row.amounts
    ]


def test_the_report_begins_with_what_could_not_be_done() -> None:
    first, stale, last = confirmed(3)
    client = browser(ministry())
    asked = client.post(QUEUE, action([first, stale, last], "accept_many"))
    stale.revise(stale.created_by, factories.content(1500), seen_version=1)
    done = agree(client, asked, "accept")
    assert list(results(done)) == [stale.number, first.number, last.number]
    assert "1件は、できませんでした。" in text(done)
    assert "ほかの2件は記録しました。" in text(done)


def test_accept_many() -> None:
    requests = confirmed(3)
    client = browser(ministry())
    done = agree(client, client.post(QUEUE, action(requests, "accept_many")), "accept")
    assert "3件を、受付完了にしました" in text(done)
    assert {again(request).state for request in requests} == {Status.ACCEPTED}


def test_one_stale_among_fifty() -> None:
    requests = confirmed(50)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    assert "50件を、受付完了にします" in text(asked)
    stale = again(requests[20])
    stale.revise(stale.created_by, factories.content(1500), seen_version=1)

    done = agree(client, asked, "accept")

    assert done.status_code == 200
    assert "49件を、受付完了にしました" in text(done)
    assert {number for number, problem in results(done).items() if problem} == {stale.number}
    assert results(done)[stale.number] == "いま第2版です"
    states = [again(request).state for request in requests]
    assert states.count(Status.ACCEPTED) == 49
    assert again(stale).state is Status.UNDER_REVIEW


def test_the_page_says_of_each_row_what_stands_in_the_way() -> None:
    able, stale, unconfirmed, accepted = *confirmed(2), *waiting(1), factories.accept(waiting(1)[0])
    chosen = action([able, stale, unconfirmed, accepted], "accept_many")
    stale.revise(stale.created_by, factories.content(1500), seen_version=1)
    client = browser(ministry())

    asked = client.post(f"{QUEUE}?status=all", chosen)

    assert "4件のうち1件を、受付完了にします" in text(asked)
    assert results(asked) == {
        able.number: "",
        stale.number: "いま第2版です",
        unconfirmed.number: "都道府県の確認がまだありません。",
        accepted.number: "対応ステータスが「受付完了」のため、内容は変更できません。",
    }
    assert re.findall(r'name="row" value="([^"]+)"', asked.content.decode()) == [seen(again(able))]
    assert RequestEvent.objects.filter(request_id=able.pk, verb=Verb.ACCEPT.value).count() == 0


@pytest.mark.parametrize(("verb", "who"), [("confirm", prefecture), ("accept", ministry)])
def test_what_the_officer_entered_by_proxy_is_refused_before_the_press(
    verb: str, who: Callable[[], User]
) -> None:
    officer = who()
    others, entered = confirmed(1) if verb == "accept" else waiting(1), waiting(1)[0]
    officer.proxies = {entered.institution_id: Proxy(entered.institution_id, "", "", "電話で依頼")}
    officer.turn_to(entered.institution)
    entered.revise(officer, factories.content(1500), seen_version=1)
    if verb == "accept":
        factories.confirm(again(entered))
    client = browser(officer)

    asked = client.post(QUEUE, action([*others, again(entered)], f"{verb}_many"))

    assert "2件のうち1件" in text(asked)
    assert results(asked)[others[0].number] == ""
    assert "あなたが代理で入力しています" in results(asked)[entered.number]
    assert re.findall(r'name="row" value="([^"]+)"', asked.content.decode()) == [seen(again(others[0]))]
    single = text(client.get(f"{QUEUE}{entered.pk}/change/"))
    assert "あなたが代理で入力した要請です" in single
    button = {"confirm": "都道府県の確認を記録する", "accept": "受付完了にする"}[verb]
    assert f'type="submit">{button}<' not in client.get(f"{QUEUE}{entered.pk}/change/").content.decode()
    shown = browser(who()).post(QUEUE, action([*others, again(entered)], f"{verb}_many"))
    assert set(results(shown).values()) == {""}, "another officer can"


def test_what_can_be_done_comes_first_and_the_rest_reason_by_reason() -> None:
    first, able, second, gone, third = *waiting(1), *confirmed(1), *waiting(1), *confirmed(1), *waiting(1)
    chosen = action([first, able, second, gone, third], "accept_many")
    factories.accept(gone)
    client = browser(ministry())

    asked = client.post(f"{QUEUE}?status=all", chosen)
    assert list(results(asked)) == [each.number for each in (able, first, second, third, gone)]
    assert list(results(agree(client, asked, "accept"))) == [able.number]


def test_a_long_list_is_folded_under_what_it_comes_to() -> None:
    asked = browser(prefecture()).post(QUEUE, action(waiting(51), "confirm_many"))
    body = asked.content.decode()
    assert "⑤非滅菌手袋の計 209,100枚" in text(asked)
    assert body.index("51件に確認を記録する</button>") < body.index("<summary>51件を表示</summary>")
    assert body.count('class="button"') == 1


def test_a_confirmation_given_with_care_is_not_overwritten() -> None:
    request = waiting(1)[0]
    line = request.lines.get()
    request = request.confirm(prefecture(), {line.item_id: 100}, "納品あり", seen_revision=request.revision)
    client = browser(prefecture())

    asked = client.post(QUEUE, action([request], "confirm_many"))
    assert results(asked)[request.number].startswith("もう確認済みです。")
    forced = client.post(f"{QUEUE}bulk/confirm/", {"row": seen(request), "token": str(uuid.uuid4())})

    assert results(forced)[request.number].startswith("もう確認済みです。")
    assert again(request).lines.get().confirmed_quantity == 100


def test_a_second_click_gets_the_same_report_and_does_nothing() -> None:
    requests = confirmed(3)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    first, second = agree(client, asked, "accept"), agree(client, asked, "accept")
    assert results(first) == results(second) == {request.number: "" for request in requests}
    assert RequestEvent.objects.filter(verb=Verb.ACCEPT.value).count() == 3


def test_a_token_of_another_officer_does_nothing() -> None:
    requests = confirmed(1)
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    agree(client, asked, "accept")
    assert "すでに送信されています" in text(agree(browser(ministry()), asked, "accept"))


def test_rows_out_of_scope_are_not_there() -> None:
    own, foreign = waiting(1)[0], waiting(1, factories.OSAKA)[0]
    client = browser(prefecture())

    asked = client.post(QUEUE, action([own, foreign], "confirm_many"))
    assert set(results(asked)) == {own.number}
    forms = [
        {"row": [seen(own), text_], "token": str(uuid.uuid4())} for text_ in (seen(foreign), "999999999:1:1")
    ]
    answers = [client.post(f"{QUEUE}bulk/confirm/", form) for form in forms]

    assert all("1件は、見つかりませんでした。" in text(answer) for answer in answers)
    assert foreign.number not in text(answers[0])
    assert foreign.institution.name not in text(answers[0])
    assert again(foreign).confirmed_at is None


@pytest.mark.parametrize(
    ("role", "name", "verb"),
    [(Role.PREFECTURE, "accept_many", "accept"), (Role.MINISTRY, "confirm_many", "confirm")],
)
def test_the_verb_of_another_role_is_not_offered(role: Role, name: str, verb: str) -> None:
    request = confirmed(1)[0]
    client = browser(factories.user(role))
    assert name not in client.get(QUEUE).content.decode()
    client.post(QUEUE, action([request], name))
    form = {"row": seen(request), "token": str(uuid.uuid4())}
    assert client.post(f"{QUEUE}bulk/{verb}/", form).status_code == 403
    assert again(request).revision == request.revision


def test_rows_that_were_not_shown_are_left_alone() -> None:
    request, *others = waiting(3)
    client = browser(prefecture())
    unseen = action([request, others[0]], "confirm_many") | {"seen": [seen(request)]}
    assert results(client.post(QUEUE, unseen))[others[0].number].startswith("一覧に表示した内容と")


# --- What changed, and what has no confirmation -------------------------------------------------------------------


def test_a_stale_row_is_shown_with_its_difference() -> None:
    edited, noted = confirmed(2)
    client = browser(ministry())
    chosen = action([edited, noted], "accept_many")
    edited.revise(edited.created_by, factories.content(3000), seen_version=1)
    again(edited).revise(edited.created_by, factories.content(1500), seen_version=2)
    noted.note(prefecture(), "月曜に納品", seen_revision=noted.revision)

    for page in (client.post(QUEUE, chosen), client.post(f"{QUEUE}bulk/accept/", sent([edited, noted]))):
        said = text(page)
        assert results(page) == {
            edited.number: "いま第3版です",
            noted.number: "画面を開いたあとに、更新されました。",
        }
        assert "変更前 4,100枚 → 変更後 3,000枚" in said
        assert "変更前 3,000枚 → 変更後 1,500枚" in said
        assert "都道府県入力欄：月曜に納品" in said
    assert again(edited).state is again(noted).state is Status.UNDER_REVIEW


def sent(requests: list[SosRequest]) -> dict[str, Any]:
    """The post of a page that showed these rows as they were when they were loaded."""
    return {"row": " ".join(seen(each) for each in requests), "token": str(uuid.uuid4())}


def test_one_reason_for_all_that_nobody_confirmed() -> None:
    able, *unconfirmed = *confirmed(1), *waiting(2)
    client = browser(ministry())
    asked = client.post(QUEUE, action([able, *unconfirmed], "accept_many"))
    assert "都道府県の確認がない 2件 も受け付けるとき" in text(asked)
    assert "理由を付けて、3件を受付完了にする" in text(asked)
    form = {name: value for name, value in hidden(asked).items() if name in {"row", "unconfirmed", "token"}}

    refused = client.post(f"{QUEUE}bulk/accept/", form | {"with_reason": "1", "reason": " "})
    assert refused.status_code == 422
    assert "理由を入力してください。" in text(refused)
    assert again(able).state is Status.UNDER_REVIEW

    form = {name: value for name, value in hidden(refused).items() if name in {"row", "unconfirmed", "token"}}
    done = client.post(
        f"{QUEUE}bulk/accept/", form | {"with_reason": "1", "reason": "停電で県庁に連絡がつかないため"}
    )
    assert "3件を、受付完了にしました" in text(done)
    reasons = {
        event.request_id: event.reason for event in RequestEvent.objects.filter(verb=Verb.ACCEPT.value)
    }
    assert reasons == {able.pk: "", **{each.pk: "停電で県庁に連絡がつかないため" for each in unconfirmed}}


def test_without_the_reason_only_what_is_confirmed_is_accepted() -> None:
    able, unconfirmed = *confirmed(1), *waiting(1)
    client = browser(ministry())
    asked = client.post(QUEUE, action([able, unconfirmed], "accept_many"))
    client.post(f"{QUEUE}bulk/accept/", hidden(asked) | {"reason": "書いたが押していない"})
    assert again(able).state is Status.ACCEPTED
    assert again(unconfirmed).state is Status.UNDER_REVIEW


def test_no_reason_is_asked_for_where_all_are_confirmed() -> None:
    asked = browser(ministry()).post(QUEUE, action(confirmed(2), "accept_many"))
    assert "も受け付けるとき" not in text(asked)
    asked = browser(prefecture()).post(QUEUE, action(waiting(2), "confirm_many"))
    assert "も受け付けるとき" not in text(asked)


def test_who_has_a_row_in_hand_is_said_beside_it() -> None:
    mine, others, free = waiting(3)
    me = prefecture()
    mine.claim(me)
    others.claim(factories.user(Role.PREFECTURE, name="見本 二郎"))
    asked = browser(me).post(QUEUE, action([mine, others, free], "confirm_many"))
    assert text(asked).count("が担当中") == 1
    assert "見本 二郎さんが担当中（あと29分）" in text(asked)
    assert "3件に、都道府県の確認を記録します" in text(asked)


# --- The report as a file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["utf8", "xlsx"])
def test_the_report_can_be_kept_and_does_nothing_twice(kind: str) -> None:
    place = factories.institution(name="=病院")
    requests = [*confirmed(1), factories.confirm(factories.request_in(Status.UNDER_REVIEW, place=place))]
    stale = again(requests[0])
    client = browser(ministry())
    asked = client.post(QUEUE, action(requests, "accept_many"))
    stale.revise(stale.created_by, factories.content(1500), seen_version=1)
    done = agree(client, asked, "accept")
    events = RequestEvent.objects.count()
    form = hidden(done) | {"file": kind}
    kept: Any = client.post(f"{QUEUE}bulk/accept/", form)
    content = b"".join(kept.streaming_content)
    assert "attachment" in kept["Content-Disposition"]
    assert RequestEvent.objects.count() == events
    if kind == "utf8":
        heading, *rows = content.decode("utf-8-sig").splitlines()
        assert heading.startswith("要請番号,")
        assert len(rows) == 2
        assert "いま第2版です" in rows[0]
        assert "受付完了にしました" in rows[1]
        assert ",=病院" not in rows[1]


def hidden(page: Any) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    form = page.content.decode().rsplit("<form", 1)[1]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.mark.parametrize("key", ["x", "9" * 30, "-1", "1.5", "٣", ""])
def test_keys_that_are_none_are_harmless(key: str) -> None:
    request = waiting(1)[0]
    client = browser(prefecture())
    chosen = action([request], "confirm_many") | {"_selected_action": [key]}
    assert client.post(QUEUE, chosen).status_code == 302
    assert client.post(QUEUE, {"action": "unknown"}).status_code == 200  # the list again
    form = {"row": [f"{key}:1:1", key, seen(request)], "token": str(uuid.uuid4())}
    assert client.post(f"{QUEUE}bulk/confirm/", form).status_code == 200
    assert again(request).confirmed_at is not None


@pytest.mark.parametrize("form", [{}, {"token": "x", "row": "1:1:1"}, {"token": str(uuid.uuid4())}])
def test_nothing_chosen_leads_back_to_the_queue(form: dict[str, str]) -> None:
    client = browser(prefecture())
    response = client.post(f"{QUEUE}bulk/confirm/", form)
    assert (response.status_code, response["Location"]) == (302, QUEUE)
    assert client.get(f"{QUEUE}bulk/confirm/").status_code == 302
    assert client.post(f"{QUEUE}bulk/note/", form).status_code == 404
