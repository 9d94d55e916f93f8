from django.urls import path

from studio.staff import views

app_name = "staff"
urlpatterns = [
    path("actor/", views.actor, name="actor"),
    path("branch/", views.branch, name="branch"),
    path("me/", views.me, name="me"),
    path("welcome/<str:uid>/<str:token>/", views.welcome, name="welcome"),
]
