from django.urls import path

from workflow.views import public

urlpatterns = [
    path("c/<str:token>/", public.confirm, name="confirm"),
]
