"""The admin site of officers and operators. Who logs in, logs in through the portal's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable


class PortalAdminConfig(AdminConfig):
    """Puts PortalAdminSite in the place of Django's own site."""

    default_site = "sosportal.admin.PortalAdminSite"


class PortalAdminSite(AdminSite):
    """Django's admin with the portal's log-in, log-out and titles.

    Every page of it answers 404 to who is logged in and is no officer; who isn't logged in is asked to.
    """

    site_title = "緊急配布要請ポータル"
    site_header = "緊急配布要請ポータル 管理サイト"
    index_title = "管理サイト"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        """Active officers and operators."""
        user = request.user
        return user.is_authenticated and user.is_active and user.is_staff

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """As Django's, but 404 instead of a log-in page for who is logged in and may not enter."""
        inner = super().admin_view(view, cacheable)

        def refused_or_shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            shown: HttpResponse = inner(request, *args, **kwargs)
            return shown

        return refused_or_shown

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the portal's log-in page, and from there back to where one was going."""
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise Http404
            return HttpResponseRedirect(reverse("admin:index"))
        target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: target})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Logging out is the portal's affair: its page asks, and its button does it."""
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """To the portal's own page."""
        return HttpResponseRedirect(reverse("account_change_password"))
