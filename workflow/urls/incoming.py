from django.urls import path

from workflow.views import incoming_calls

urlpatterns = [
    path("incoming/", incoming_calls.calls, name="incoming_calls"),
    path("incoming/number/", incoming_calls.number, name="incoming_number"),
    path("incoming/door/", incoming_calls.door, name="incoming_door"),
    path("incoming/<int:pk>/", incoming_calls.call, name="incoming_call"),
]
