from django.urls import path

from studio.dashboards import views

app_name = "dashboards"
urlpatterns = [path("", views.pulse, name="pulse")]
