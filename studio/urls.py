"""Every address of the project, by noun."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from studio.foundation.specimen import specimen

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("studio.desk.urls")),
    path("", include("studio.foundation.urls")),
    path("", include("studio.staff.urls")),
    path("", include("studio.outbox.urls")),
    path("", include("workflow.urls")),
    path("customers/", include("customers.urls")),
    path("a/", include("customers.urls_public")),
    path("", include("bookings.urls")),
    path("voices/", include("complaints.urls")),
    path("dashboards/", include("studio.dashboards.urls")),
    path("", include("studio.staff.account_urls")),
    path("admin/", admin.site.urls),
]

if not settings.IS_PRODUCTION:
    urlpatterns += [
        path("demo/", include("studio.demo.urls")),
        path("specimen/", specimen, name="specimen"),
    ]
