from django.urls import path

from studio.foundation import views

app_name = "foundation"
urlpatterns = [
    path("theme/", views.theme, name="theme"),
    path("language/", views.language, name="language"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
