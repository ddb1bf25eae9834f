"""Paths of announcements, inquiries, an institution's own page and the choice among several."""

from django.urls import path, re_path

from institutions.views import account, announcements, inquiries, notices, profile, proxy, switch

urlpatterns = [
    path("account/notices/", notices.notices, name="notices"),
    path("announcements/", announcements.announcement_list, name="announcement_list"),
    path("announcements/<int:announcement>/", announcements.announcement_detail, name="announcement_detail"),
    path("institution/", profile.institution, name="institution"),
    path("institution/switch/", switch.switch, name="institution_switch"),
    re_path(r"^institution/(?P<code>[0-9]{10})/$", profile.profile, name="institution_profile"),
    path("me/", account.me, name="account_me"),
    path("me/email/", account.email, name="account_own_email"),
    re_path(r"^me/email/(?P<link>[A-Za-z0-9_.-]+)/$", account.take_email, name="account_own_email_confirm"),
    path("inquiries/", inquiries.inquiry_list, name="inquiry_list"),
    path("inquiries/new/", inquiries.inquiry_new, name="inquiry_new"),
    path("proxy/end/", proxy.end, name="proxy_end_all"),
    path("proxy/<str:code>/", proxy.begin, name="proxy_begin"),
    path("proxy/<str:code>/end/", proxy.end, name="proxy_end"),
    path("inquiries/<int:inquiry>/", inquiries.inquiry_detail, name="inquiry_detail"),
]
