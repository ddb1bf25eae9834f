"""The admin site of officers and operators. Who logs in, logs in through the portal's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The order of the start page; what is not named follows.
APPS = ("requests_app", "surveys", "institutions")
MODELS = (
    "SosRequest",
    "AllocationDecision",
    "HandOff",
    "Delivery",
    "ExportLog",
    "Campaign",
    "CutoffChange",
    "CalendarException",
)
METHODS = ("GET", "HEAD", "POST")


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
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only pages that name the roles they serve; the libraries' own pages for their tables stay out."""
        from sosportal.lib.admin import ScopedModelAdmin

        if admin_class is not None and issubclass(admin_class, ScopedModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        """As Django's; a library may take back what was never taken in."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        super().unregister([model for model in models if self.is_registered(model)])

    def get_urls(self) -> list[Any]:
        """Django's, without its ways round the scope: view on site, autocomplete, its own password pages."""
        closed: Iterable[URLPattern | URLResolver] = [
            path("r/<path:rest>", self.admin_view(not_here)),
            path("autocomplete/", self.admin_view(not_here)),
            path("password_change/done/", self.admin_view(not_here)),
            path("changes/", self.admin_view(self.changes), name="changes"),
        ]
        from sosportal.dashboards import officers

        return [*closed, *officers.urls(self), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What waits for the officer, then the state of things, then the list of all pages."""
        from sosportal.dashboards import officers

        return super().index(request, {"desk": officers.desk_of(request), **(extra_context or {})})

    def changes(self, request: HttpRequest) -> HttpResponse:
        """変更履歴 of everything in scope."""
        from sosportal.changes.views import changes

        shown: Any = changes(request)
        return shown  # type: ignore[no-any-return]

    def history_of(self, request: HttpRequest, model_admin: Any, row: Any) -> HttpResponse | None:
        """変更履歴 of a row that the person may see; None for tables whose changes aren't kept."""
        from sosportal.changes.reading import SEEN_BY
        from sosportal.changes.views import history_of

        return history_of(request, model_admin, row) if type(row) in SEEN_BY else None  # type: ignore[return-value]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Django's, and the portal's frame with the officer's late requests. Queries only for what is shown."""
        from sosportal.admin_frame import AdminFrame

        return {**super().each_context(request), "frame": AdminFrame(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Requests first, then surveys and institutions; the models in the order of the work."""
        found: list[Any] = super().get_app_list(request, app_label)
        for app in found:
            app["models"].sort(key=lambda model: _place(MODELS, model["object_name"]))
        return sorted(found, key=lambda app: _place(APPS, app["app_label"]))

    def get_log_entries(self, request: HttpRequest) -> Any:
        """None: an entry names its object for ever, also when the officer no longer may see it."""
        from django.contrib.admin.models import LogEntry

        return LogEntry.objects.none()

    def has_permission(self, request: HttpRequest) -> bool:
        """Active officers and operators."""
        user = request.user
        return user.is_authenticated and user.is_active and user.is_staff

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """As Django's, but 404 instead of a log-in page for who is logged in and may not enter.

        Other methods than METHODS answer 405: Django's pages would take them for GET.
        """
        inner = super().admin_view(view, cacheable)

        def refused_or_shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
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


def not_here(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """A page of Django's that the portal does not have."""
    raise Http404


def _place(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
