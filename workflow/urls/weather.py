from django.urls import path

from workflow.views import weather

urlpatterns = [
    path("appointments/<int:pk>/weather/", weather.plan, name="weather"),
    path("appointments/<int:pk>/weather/decision/", weather.decision, name="weather_decision"),
]
