from django.urls import path

from workflow.views import shared

urlpatterns = [
    path("visits/<int:pk>/hand-on/", shared.hand_on, name="visit_hand_on"),
    path("visits/<int:pk>/first-consultant/", shared.first_consultant, name="visit_first_consultant"),
    path("customers/<int:pk>/shared-case/", shared.shared_case, name="shared_case"),
]
