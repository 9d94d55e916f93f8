from django.urls import URLPattern, path

from workflow.views import standing

urlpatterns: list[URLPattern] = [
    path("orders/<int:pk>/hold/", standing.hold, name="hold"),
    path("orders/<int:pk>/hold/end/", standing.hold_end, name="hold_end"),
    path("orders/<int:pk>/reshoot/", standing.reshoot, name="reshoot"),
    path("reshoots/<int:pk>/cancellation/", standing.reshoot_call_off, name="reshoot_call_off"),
]
