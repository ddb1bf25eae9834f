"""メッセージ一覧: every refusal and every finding has an entry, none is idle, each message leads to its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import Client

from institutions.models import Role
from requests_app.exceptions import StaleVersion, StatusWriteRefused, TermsNotConfirmed
from requests_app.models.intake import ScheduleRefused
from requests_app.rules.system_check import RULES
from requests_app.rules.transitions import Status
from sosportal.guide.messages.chapter import TOPICS, entry_of, entry_of_rule
from sosportal.guide.messages.entries import Entry
from sosportal.lib.forms import PortalForm
from sosportal.lib.once import LOST_TOKEN, TokenReused
from sosportal.lib.refusals import RefusalBase
from sosportal.templating import meaning_for_officers, meaning_of, meaning_of_rule
from tests import factories
from tests.sosportal.guide.reading import APPS, ROOT, Read, client_of, screen_words

pytestmark = pytest.mark.django_db

ENTRIES = {guide: [entry for topic in topics for entry in topic.entries] for guide, topics in TOPICS.items()}
EVERY = [entry for entries in ENTRIES.values() for entry in entries]
NO_REFUSALS_OF_PEOPLE = {StatusWriteRefused}  # a mistake of a programmer


def refusals() -> set[type[Exception]]:
    """Every refusal that a person may meet: the classes of the apps' exceptions, their bases left out."""
    found: set[type[Exception]] = {TokenReused, ScheduleRefused}
    for app in ("institutions", "surveys", "requests_app"):
        module = import_module(f"{app}.exceptions")
        classes = {
            each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Exception)
        }
        own = {each for each in classes if each.__module__ == module.__name__}
        found |= {each for each in own if each.__bases__ != (RefusalBase,)}
    return found - NO_REFUSALS_OF_PEOPLE


def said_in_code() -> Iterator[tuple[str, str, str]]:
    """(place, name of the refusal, words) wherever code raises a refusal with words of its own."""
    names = {each.__name__ for each in refusals()}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    for words in filter(None, map(words_of, node.args)):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node.func.id, words  # type: ignore[attr-defined]


def words_of(node: ast.expr) -> str:
    """The Japanese sentence that an argument is; "" for none."""
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else "3,300" for each in node.values]
        return "".join(str(part) for part in parts)
    is_sentence = isinstance(node, ast.Constant) and isinstance(node.value, str) and "。" in node.value
    return str(node.value) if is_sentence else ""  # type: ignore[attr-defined]


# --- Nothing is missing, nothing is idle --------------------------------------------------------------------------


def test_every_refusal_has_an_entry() -> None:
    explained = {refusal for entry in EVERY for refusal in entry.refusals}
    assert {each.__qualname__ for each in refusals() - explained} == set()
    assert {each.__qualname__ for each in explained - refusals()} == set()


def test_a_refusal_without_an_entry_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import institutions.exceptions as module

    class Planted(module.Refusal):
        message = "これは見本です。"

    Planted.__module__ = module.__name__
    monkeypatch.setattr(module, "Planted", Planted, raising=False)
    with pytest.raises(AssertionError, match="Planted"):
        test_every_refusal_has_an_entry()


def test_every_rule_of_the_system_check_has_one_entry() -> None:
    assert sorted(rule for entry in ENTRIES["hospital"] for rule in entry.rules) == [
        rule.code for rule in RULES
    ]
    assert {entry_of_rule(rule.code).anchor for rule in RULES} == {f"r{n}" for n in range(1, 10)}
    with pytest.raises(KeyError):
        entry_of_rule("R10")


def test_no_entry_explains_what_nobody_says() -> None:
    words = screen_words()
    for entry in EVERY:
        assert entry.refusals or entry.rules or entry.also, entry.anchor
        for sentence in entry.also:
            for piece in filter(None, re.sub(r"\s+", "", sentence).split("{}")):
                assert piece in words, (entry.anchor, piece)


def test_every_sentence_of_a_refusal_finds_an_entry_about_it() -> None:
    astray = []
    for place, name, words in said_in_code():
        found = [entry for guide in TOPICS if (entry := entry_of(words, guide))]
        if not is_about(found, name, words):
            astray.append((place, name, words, [entry.anchor for entry in found]))
    assert not astray


def is_about(found: list[Entry], name: str, words: str) -> bool:
    """Whether an entry names the class, or these very words."""
    own = any(name in {each.__name__ for each in entry.refusals} for entry in found)
    return own or any(sentence in words for entry in found for sentence in entry.also)


@pytest.mark.parametrize("guide", TOPICS)
def test_the_words_of_an_entry_lead_to_it_and_to_no_other(guide: str) -> None:
    for entry in ENTRIES[guide]:
        for sentence in entry.sentences:
            assert entry_of(sentence.replace("{}", "3"), guide) is entry, (entry.anchor, sentence)


@pytest.mark.parametrize("guide", TOPICS)
def test_anchors_stand_once(guide: str) -> None:
    anchors = [entry.anchor for entry in ENTRIES[guide]]
    assert len(set(anchors)) == len(anchors)


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: entry.anchor)
def test_an_entry_says_what_it_means_and_what_to_do(entry: Entry) -> None:
    assert entry.said
    assert entry.means.endswith("。")
    assert entry.mend.endswith("。")


# --- The way from a page to an entry ------------------------------------------------------------------------------


class Own(PortalForm):
    name = forms.CharField(label="名前")


def lands(client: Client, address: str) -> None:
    path, _, anchor = address.partition("#")
    answer = client.get(path)
    assert answer.status_code == 200
    assert anchor in Read(answer.content.decode()).ids, address


def test_every_message_leads_to_a_place_that_is_there() -> None:
    for role, meaning, guide in (
        ("", meaning_of, "hospital"),
        (Role.PREFECTURE, meaning_for_officers, "office"),
    ):
        page = Read(client_of(role).get(f"/guide/{guide}/messages/").content.decode())
        for entry in ENTRIES[guide]:
            for sentence in entry.sentences:
                assert (
                    meaning(sentence.replace("{}", "3")) == f"/guide/{guide}/messages/#message-{entry.anchor}"
                )
            assert f"message-{entry.anchor}" in page.ids
    lands(client_of(""), meaning_of_rule("R4"))


def test_a_message_that_nobody_explains_leads_nowhere() -> None:
    assert meaning_of("名前を入力してください。") == ""
    assert meaning_for_officers("") == ""


def test_the_summary_of_a_form_leads_to_what_its_errors_mean() -> None:
    form = Own({})
    form.add_error(None, LOST_TOKEN)
    source = "{% import 'components/forms.html' as forms %}{{ forms.error_summary(form, 'まだです') }}"
    from django.template import engines

    page = engines["jinja2"].from_string(source).render({"form": form})
    assert re.findall(r'<a class="meaning" href="([^"]+)" target="_blank" rel="noopener">', page) == [
        "/guide/hospital/messages/#message-lost-token"
    ]


def test_the_summary_of_the_admin_does_too() -> None:
    form = Own({"name": "x"})
    form.add_error("name", StaleVersion.message)
    page = render_to_string("admin/parts/problem.html", {"form": form, "undone": "まだです"}, using="django")
    assert 'class="meaning" href="/guide/office/messages/#message-stale-page"' in page
    assert "この表示の意味" not in render_to_string(
        "admin/parts/problem.html", {"form": Own({}), "undone": "まだです"}, using="django"
    )


def test_a_request_saved_without_the_tick_leads_to_what_that_means(client: Client) -> None:
    place = factories.institution()
    factories.campaign()
    client.force_login(factories.member(place))
    page = client.post(f"/requests/new/{place.code}/", {"token": "00000000-0000-4000-8000-000000000000"})
    assert page.status_code == 422
    assert "/guide/hospital/messages/#message-terms" in page.content.decode()
    assert TermsNotConfirmed.message


def test_a_finding_leads_to_what_it_means(client: Client) -> None:
    place = factories.institution()
    staff = factories.member(place)
    request = factories.request_in(Status.ERROR, staff, place)
    client.force_login(staff)
    page = client.get(f"/requests/{request.number}/").content.decode()
    found = re.findall(r'href="/guide/hospital/messages/#message-(r\d)"', page)
    assert found
    lands(client, f"/guide/hospital/messages/#message-{found[0]}")


def test_the_search_finds_the_list_by_the_words_of_a_message(client: Client) -> None:
    client.force_login(factories.member(factories.institution()))
    page = client.get("/search/", {"q": "備蓄が、決められた週数分以上"}).content.decode()
    assert "/guide/hospital/messages/" in page


def test_there_is_something_to_scan() -> None:
    found = list(said_in_code())
    assert len(found) > 25
    assert all(Path(place.split(":")[0]).suffix == ".py" for place, _, _ in found)
