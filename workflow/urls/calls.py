from django.urls import path

from workflow.views import calls

urlpatterns = [
    path("calls/", calls.call_index, name="calls"),
    path("calls/<int:pk>/", calls.call, name="call"),
    path("calls/<int:pk>/outcome/", calls.call_outcome, name="call_outcome"),
]
