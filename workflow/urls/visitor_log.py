from django.urls import path

from workflow.views import visitor_log

urlpatterns = [
    path("visits/", visitor_log.log, name="visits"),
]
