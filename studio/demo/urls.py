from django.urls import path

from studio.demo import views

app_name = "demo"
urlpatterns = [path("phone/", views.phone, name="phone")]
