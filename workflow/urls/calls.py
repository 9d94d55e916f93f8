from django.urls import path

from workflow.views import call, calls

urlpatterns = [
    path("calls/", calls.call_index, name="calls"),
    path("calls/giving/", calls.giving, name="call_giving"),
    path("calls/<int:pk>/", call.call, name="call"),
    path("calls/<int:pk>/line/", call.line, name="call_line"),
    path("calls/<int:pk>/line/end/", call.line_end, name="call_line_end"),
    path("calls/<int:pk>/outcome/", call.call_outcome, name="call_outcome"),
    path("calls/<int:pk>/agreement/", call.agreement, name="call_agreement"),
    path("calls/<int:pk>/wish/", call.wish, name="call_wish"),
    path("calls/<int:pk>/consent/", call.consent, name="call_consent"),
    path("calls/<int:pk>/number/", call.number, name="call_number"),
]
