"""Paths of announcements and inquiries."""

from django.urls import path

from institutions.views import announcements, inquiries

urlpatterns = [
    path("announcements/", announcements.announcement_list, name="announcement_list"),
    path("announcements/<int:announcement>/", announcements.announcement_detail, name="announcement_detail"),
    path("inquiries/", inquiries.inquiry_list, name="inquiry_list"),
    path("inquiries/new/", inquiries.inquiry_new, name="inquiry_new"),
    path("inquiries/<int:inquiry>/", inquiries.inquiry_detail, name="inquiry_detail"),
]
