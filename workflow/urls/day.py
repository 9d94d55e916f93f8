from django.urls import URLPattern, path

from workflow.views import arrival, day, day_hand_offs, day_house, see_off

urlpatterns: list[URLPattern] = [
    path("house/", day_house.house, name="house"),
    path("orders/<int:pk>/arrival/", arrival.arrival, name="arrival"),
    path("orders/<int:pk>/sheet/issue/", arrival.sheet_issue, name="sheet_issue"),
    path("orders/<int:pk>/hand-offs/", day_hand_offs.hand_offs, name="hand_offs"),
    path("orders/<int:pk>/hand-offs/acceptance/", day_hand_offs.acceptance, name="acceptance"),
    path("orders/<int:pk>/hand-offs/return/", day_hand_offs.hand_off_return, name="hand_off_return"),
    path("orders/<int:pk>/hand-offs/withdrawal/", day_hand_offs.withdrawal, name="withdrawal"),
    path("orders/<int:pk>/departure/", see_off.departure, name="departure"),
    path("looks/<int:pk>/shot/", day.look_shot, name="look_shot"),
    path("looks/<int:pk>/pending/", day.look_pending, name="look_pending"),
]
