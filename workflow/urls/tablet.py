from django.urls import URLPattern, path

from workflow.views import badge, day_hands, tablet

urlpatterns: list[URLPattern] = [
    path("tablet/", tablet.home, name="tablet"),
    path("tablet/<int:pk>/", tablet.of_department, name="tablet_of"),
    path("tablet/<int:pk>/scans/", tablet.scans, name="tablet_scans"),
    path("orders/<int:pk>/hands/", day_hands.hands, name="hands"),
    path("hand-offs/<int:pk>/words/", day_hands.words, name="hand_off_words"),
    path("b/<str:code>/", badge.badge, name="badge"),
]
