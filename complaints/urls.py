from django.urls import path

from complaints import views

app_name = "complaints"
urlpatterns = [
    path("", views.voices, name="list"),
    path("<int:pk>/", views.word, name="word"),
    path("<int:pk>/taken/", views.taken, name="taken"),
    path("<int:pk>/first-answer/", views.first_answer, name="first_answer"),
]
