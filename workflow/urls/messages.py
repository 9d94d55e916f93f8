from django.urls import path

from workflow.views import message_actions, messages

urlpatterns = [
    path("messages/", messages.message_index, name="messages"),
    path("messages/resendings/", message_actions.resendings, name="message_resendings"),
    path("messages/calls/", message_actions.calls, name="message_calls"),
    path("messages/<int:pk>/", messages.message_page, name="message"),
    path("messages/<int:pk>/resending/", message_actions.resending, name="message_resending"),
    path("messages/<int:pk>/call/", message_actions.call, name="message_call"),
]
