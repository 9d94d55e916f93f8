from django.urls import path

from workflow.views import preview

urlpatterns = [
    path("messages/preview/", preview.message_preview, name="message_preview"),
]
