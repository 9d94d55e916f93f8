from django.urls import URLPattern, path

from studio.staff.views import badges

urlpatterns: list[URLPattern] = [
    path("me/badge/", badges.mine, name="badge"),
    path("colleagues/badges/", badges.everybody, name="badges"),
    path("colleagues/<int:pk>/badge/", badges.of_colleague, name="colleague_badge"),
]
