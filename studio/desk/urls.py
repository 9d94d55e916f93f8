from django.urls import path

from studio.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.today, name="today"),
    path("today/", views.duties, name="duties"),
    path("search/", views.search, name="search"),
    path("leave/<int:pk>/digest/", views.digest, name="digest"),
]
