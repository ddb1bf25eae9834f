"""Paths of announcements and inquiries."""

from django.urls import path

from institutions.views import announcements, inquiries, proxy

urlpatterns = [
    path("announcements/", announcements.announcement_list, name="announcement_list"),
    path("announcements/<int:announcement>/", announcements.announcement_detail, name="announcement_detail"),
    path("inquiries/", inquiries.inquiry_list, name="inquiry_list"),
    path("inquiries/new/", inquiries.inquiry_new, name="inquiry_new"),
    path("proxy/end/", proxy.end, name="proxy_end_all"),
    path("proxy/<str:code>/", proxy.begin, name="proxy_begin"),
    path("proxy/<str:code>/end/", proxy.end, name="proxy_end"),
    path("inquiries/<int:inquiry>/", inquiries.inquiry_detail, name="inquiry_detail"),
]
