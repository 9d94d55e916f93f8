from django.urls import path

from workflow.views import messages

urlpatterns = [
    path("messages/", messages.message_index, name="messages"),
]
