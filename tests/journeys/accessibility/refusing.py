"""Every form that can be refused, in one table; and what must be right of a refused one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.support.browser import status_of

VISITOR, NURSE, OFFICER, MINISTRY, OPERATOR = "visitor", "nurse", "officer", "ministry", "operator"
ADMIN = "/admin/requests_app"
REVIEW = f"{ADMIN}/sosrequest/{{review}}/change/"


@dataclass(frozen=True)
class Form:
    """Who is refused, where (`path` with what the scene gives it), having typed `wrong` by names of fields.

    `press` is the button, the filled one of the page if not named; `unfold` what the form lies under; `route` what it
    is posted to, in the table of audiences, if it can be refused with nothing in it. `whole`: what is wrong is no
    field's own.
    """

    who: str
    path: str
    route: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    press: str = ".button:not(.button--second)"
    unfold: str = ""
    whole: bool = False

    @property
    def name(self) -> str:
        return f"{self.who} {self.path} {self.unfold or self.press if self.press[0] != '.' or self.unfold else ''}"


def _button(name: str) -> str:
    return f"button:text-is('{name}')"


def _new(model: str, **wrong: str) -> Form:
    app, _, name = model.partition(".")
    return Form(MINISTRY, f"/admin/{app}/{name}/add/", f"admin/{app}/{name}/add/", wrong)


def _changed(who: str, model: str, **wrong: str) -> Form:
    app, _, name = model.partition(".")
    route = f"admin/{app}/{name}/<path:object_id>/change/"
    return Form(who, f"/admin/{app}/{name}/{{{name}}}/change/", route, wrong)


FORMS: tuple[Form, ...] = (
    Form(VISITOR, "/accounts/login/", "accounts/login/", {"login": "nurse"}),
    Form(VISITOR, "/accounts/login/", "", {"login": "nurse", "password": "wrong"}, whole=True),
    Form(VISITOR, "/accounts/password/reset/", "accounts/password/reset/"),
    Form(VISITOR, "{password_link}", "", {"password1": "abc", "password2": "abc"}),
    Form(NURSE, "/accounts/reauthenticate/", "accounts/reauthenticate/", {"password": "wrong"}),
    Form(
        NURSE,
        "/accounts/password/change/",
        "accounts/password/change/",
        {"password1": "abc", "password2": "d"},
    ),
    Form(
        NURSE,
        "/institution/{code}/",
        "^institution/(?P<code>[0-9]{10})/$",
        {"telephone": "でんわ", "email": "x", "contact_person": ""},
    ),
    Form(NURSE, "/me/email/", "me/email/", {"email": "x"}),
    Form(NURSE, "/inquiries/new/", "inquiries/new/"),
    Form(NURSE, "/inquiries/{inquiry}/"),
    Form(NURSE, "/survey/sheet/", "survey/sheet/", press=_button("内容を確かめる")),
    Form(NURSE, "/survey/{code}/", "", {"stock-{gloves}": "たくさん"}),
    Form(NURSE, "/requests/new/{code}/", "requests/new/<str:code>/", {"quantity_{gloves}": "たくさん"}),
    Form(NURSE, "/requests/{draft}/edit/", "requests/<str:number>/edit/", {"quantity_{gloves}": "たくさん"}),
    Form(NURSE, "/requests/{draft}/withdraw/", "requests/<str:number>/withdraw/"),
    Form(
        NURSE,
        "/requests/{asked}/",
        "requests/<str:number>/questions/<int:question>/answer/",
        press=_button("回答する"),
    ),
    Form(
        NURSE,
        "/requests/{sent}/",
        "requests/<str:number>/parcels/<int:parcel>/receive/",
        {"quantity": "たくさん"},
        press=_button("この内容で受領を確認する"),
        unfold="数量や日付が違うとき",
    ),
    Form(OFFICER, "/proxy/{code}/", "proxy/<str:code>/"),
    Form(OFFICER, "/admin/institutions/announcement/write/", "admin/institutions/announcement/write/"),
    Form(
        OFFICER,
        "/admin/institutions/announcement/{announcement}/correct/",
        "admin/institutions/announcement/<int:object_id>/correct/",
        {"title": ""},
    ),
    Form(
        OFFICER,
        "/admin/institutions/announcement/{announcement}/withdraw/",
        "admin/institutions/announcement/<int:object_id>/withdraw/",
    ),
    Form(OFFICER, "/admin/institutions/inquiry/{inquiry}/change/"),
    Form(
        OFFICER,
        "/admin/institutions/inquiry/{inquiry}/change/",
        press=_button("内部メモを足す"),
        unfold="内部メモを足す",
    ),
    Form(
        OFFICER,
        "/admin/institutions/inquiry/{inquiry}/change/",
        press=_button("国（事務局）に引き継ぐ"),
        unfold="国（事務局）に引き継ぐ",
    ),
    Form(OFFICER, REVIEW, "", {"quantity_{gloves}": "たくさん"}, _button("都道府県の確認を記録する")),
    Form(OFFICER, REVIEW, press=_button("電話の記録を足す"), unfold="電話の記録を足す"),
    Form(OFFICER, REVIEW, press=_button("申し送りを足す"), unfold="申し送りを足す"),
    Form(OFFICER, REVIEW, press=_button("照会する"), unfold="照会する"),
    Form(OFFICER, "/admin/changes/", "", {"first": "いつか"}),
    Form(MINISTRY, REVIEW, press=_button("受付完了にする")),
    Form(
        MINISTRY,
        f"{ADMIN}/allocationdecision/propose/?item={{gloves}}&cutoff={{cutoff}}",
        "",
        {"available": "x"},
    ),
    Form(MINISTRY, f"{ADMIN}/handoff/new/", "admin/requests_app/handoff/new/", {"vendor": ""}),
    Form(
        MINISTRY,
        f"{ADMIN}/handoff/{{handoff}}/correct/",
        "admin/requests_app/handoff/<int:key>/correct/",
        {"vendor": ""},
    ),
    Form(MINISTRY, f"{ADMIN}/delivery/import/", "admin/requests_app/delivery/import/"),
    _new("institutions.suspension"),
    _new("requests_app.cutoffchange", regular_day="x"),
    _new("requests_app.calendarexception", day="x"),
    _new("requests_app.campaign", opens_at=""),
    _changed(MINISTRY, "surveys.item", name="", pack_size="0"),
    _changed(MINISTRY, "requests_app.cutoffchange", cutoff_at=""),
    _changed(MINISTRY, "requests_app.calendarexception", note=""),
    _changed(MINISTRY, "requests_app.campaign", name=""),
    Form(OPERATOR, "/admin/institutions/institution/add/", "admin/institutions/institution/add/"),
    Form(OPERATOR, "/admin/institutions/user/add/", "admin/institutions/user/add/"),
    _changed(OPERATOR, "institutions.institution", name="", code="12"),
    _changed(OPERATOR, "institutions.user", name="", email="x"),
)

# Refused only when what they carry unseen is missing: nobody can type anything wrong into them.
NOTHING_TO_TYPE = frozenset(
    {
        "account/notices/",
        "admin/progress/publication/",
        "admin/requests_app/sosrequest/<int:key>/follow/",
        "requests/<str:number>/follow/",
        "requests/<str:number>/submit/",
    }
)

# Of the form that a button belongs to; without one, of the page.
TYPED = """
button => [...(button?.form.elements ?? document.querySelectorAll("main input, main select, main textarea"))]
  .filter(e => e.name && !["hidden", "password", "file", "submit", "search"].includes(e.type))
  .map(e => [e.name, e.type.startsWith("date") ? e.getAttribute("value") ?? "" : e.value, e.checked ?? null])
"""
# Where a link of the summary led: whether its field has the focus, says that it is wrong, is read out with the reason.
_LED = """
([id, reason, whole]) => {
  const field = document.getElementById(id), here = document.activeElement;
  if (!field) return "leads nowhere";
  const inputs = [field, ...field.querySelectorAll("input, select, textarea")].filter(e => "name" in e && e.name);
  if (!field.contains(here)) return "the focus is elsewhere";
  if (!field.checkVisibility()) return "the field can't be seen";
  if (whole) return "";
  if (!inputs.some(e => e.getAttribute("aria-invalid") === "true")) return "not aria-invalid";
  const around = [...inputs, field.closest("fieldset"), field.closest("[role=group]")].filter(Boolean);
  const told = around.flatMap(e => (e.getAttribute("aria-describedby") ?? "").split(" "))
    .map(each => document.getElementById(each)?.textContent ?? "").join(" ");
  return told.includes(reason.split("：").at(-1)) ? "" : `the reason is not read out with it: ${told}`;
}
"""


def refuse(page: Page, url: str, form: Form, given: Mapping[str, Any]) -> list[str]:
    """Send the form as it must not be, and return what is wrong with the answer."""
    page.goto(url + form.path.format(**given))
    if form.unfold:
        page.locator("summary").filter(has_text=form.unfold).first.click()
    for name, typed in form.wrong.items():
        type_into(page, name.format(**given), typed)
    button = page.locator("main").locator(form.press).first
    before = button.evaluate(TYPED)
    status = status_of(page, button.click)
    return faults_of_refusal(page, form, status, before)


def type_into(page: Page, name: str, typed: str) -> None:
    """Type even what the browser's own fields of a date would not take: somebody's browser has none."""
    found = page.locator(f"main [name='{name}']").first
    if found.get_attribute("type") in {"date", "datetime-local", "number", "email"}:
        found.evaluate("e => { e.type = 'text'; }")
    found.fill(typed)


def faults_of_refusal(page: Page, form: Form, status: int, before: list[Any]) -> list[str]:
    found = [] if status == 422 else [f"answered {status}"]
    if not page.title().startswith("エラー："):
        found.append(f"the title begins otherwise: {page.title()}")
    summary = page.locator("main .error-summary")
    if summary.count() != 1:
        return [*found, f"{summary.count()} summaries"]
    if not summary.evaluate("e => e === document.activeElement"):
        found.append("the summary has no focus")
    links = summary.locator("a[href^='#']")
    if not links.count() and not form.whole:
        found.append(f"no link to a field: {summary.inner_text()}")
    for at in range(links.count()):
        link = links.nth(at)
        target, reason = (link.get_attribute("href") or "")[1:], link.inner_text().strip()
        link.focus()
        page.keyboard.press("Enter")
        if fault := page.evaluate(_LED, [target, reason, form.whole]):
            found.append(f"{reason} → #{target}: {fault}")
    after = page.evaluate(TYPED)
    lost = [each for each in before if each not in after]
    return found + [f"lost: {each}" for each in lost]
