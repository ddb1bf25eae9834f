"""Every path of the portal. Bad paths end in our own error pages."""

from __future__ import annotations

from typing import NoReturn

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver, include, path, re_path

from institutions.views import accounts
from sosportal import pages
from sosportal.dashboards import public
from sosportal.dashboards.home import home
from sosportal.guide import views as guide
from sosportal.search.views import search

handler400 = "sosportal.pages.handler400"
handler403 = "sosportal.pages.handler403"
handler404 = "sosportal.pages.handler404"
handler429 = "sosportal.pages.handler429"  # allauth asks for it
handler500 = "sosportal.pages.handler500"


def closed(request: HttpRequest, **kwargs: object) -> NoReturn:
    """A page that allauth knows and the portal does not have: sign-up, e-mail addresses, log-in by code."""
    raise Http404


ACCOUNT_PAGES = [
    path("login/", accounts.login, name="account_login"),
    path("logout/", accounts.logout, name="account_logout"),
    path("inactive/", accounts.inactive, name="account_inactive"),
    path("reauthenticate/", accounts.reauthenticate, name="account_reauthenticate"),
    path("password/change/", accounts.password_change, name="account_change_password"),
    path("password/reset/", accounts.password_reset, name="account_reset_password"),
    path("password/reset/done/", accounts.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        accounts.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        accounts.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

# allauth reverses these names. They stand apart from accounts/, else its middleware takes accounts/ for a lost visitor.
CLOSED_PAGES = [
    path("signup/", closed, name="account_signup"),
    path("email/", closed, name="account_email"),
    path("confirm-email/", closed, name="account_email_verification_sent"),
    path("confirm-email/<str:key>/", closed, name="account_confirm_email"),
    path("password/", closed, name="account_set_password"),
    path("code/", closed, name="account_request_login_code"),
    path("code/confirm/", closed, name="account_confirm_login_code"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("surveys-and-requests/", pages.survey_menu, name="survey_menu"),
    path("other/", pages.other_menu, name="other_menu"),
    path("manual/", guide.manual, name="manual"),
    path("guide/", guide.guides, name="guides"),
    path("guide/<slug:guide>/", guide.sheet, name="guide_sheet"),
    path("guide/<slug:guide>/<slug:chapter>/", guide.chapter, name="guide_chapter"),
    path("environment/", pages.environment, name="environment"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("health/", pages.health, name="health"),
    path("accounts/", include(ACCOUNT_PAGES)),
    path("closed/", include(CLOSED_PAGES)),
    path("", include("institutions.urls")),
    path("progress/", public.progress, name="public_progress"),
    path("progress/table.csv", public.progress_file, name="public_progress_file"),
    path("survey/", include("surveys.urls")),
    path("requests/", include("requests_app.urls")),
    path("admin/", admin.site.urls),
]
