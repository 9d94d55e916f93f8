from django.urls import path

from workflow.views import follow_ups

urlpatterns = [
    path("follow-ups/", follow_ups.index, name="follow_ups"),
    path("follow-ups/<int:pk>/", follow_ups.plan, name="follow_up"),
    path("follow-ups/<int:pk>/end/", follow_ups.ending, name="follow_up_end"),
    path("follow-ups/<int:pk>/resumption/", follow_ups.resumption, name="follow_up_resumption"),
    path("follow-up-contacts/<int:pk>/", follow_ups.contact, name="follow_up_contact"),
    path("customers/<int:pk>/follow-ups/", follow_ups.new, name="follow_up_new"),
]
