from django.urls import path

from workflow.views import public

urlpatterns = [
    path("c/<str:token>/", public.confirm, name="confirm"),
    path("c/<str:token>/times/", public.times, name="other_times"),
    path("c/<str:token>/digits/", public.digits, name="link_digits"),
    path("c/<str:token>/reach/", public.reach, name="link_reach"),
    path("c/<str:token>/stop/", public.stop, name="link_stop"),
    path("c/<str:token>/calendar.ics", public.calendar, name="link_calendar"),
]
