from django.urls import path

from workflow.views import online_requests

urlpatterns = [
    path("requests/", online_requests.requests, name="online_requests"),
    path("requests/<int:pk>/", online_requests.request_page, name="online_request"),
    path("requests/<int:pk>/taking-up/", online_requests.taking_up, name="online_taking_up"),
    path("requests/<int:pk>/answer/", online_requests.answer, name="online_answer"),
]
