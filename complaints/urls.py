from django.urls import path

from complaints import views

app_name = "complaints"
urlpatterns = [
    path("", views.voices, name="list"),
    path("<int:pk>/", views.word, name="word"),
]
