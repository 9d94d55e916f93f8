from django.urls import path

from workflow.views import rotation, visits

urlpatterns = [
    path("visits/number/", visits.number, name="visit_number"),
    path("visits/lunar/", visits.lunar, name="visit_lunar"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/greeting/", visits.greeting, name="visit_greeting"),
    path("visits/<int:pk>/departure/", visits.departure, name="visit_departure"),
    path("visits/<int:pk>/reopening/", visits.reopening, name="visit_reopening"),
    path("visits/<int:pk>/clock/", visits.clock, name="visit_clock"),
    path("rotation/", rotation.roster, name="rotation"),
    path("rotation/board/", rotation.board, name="rotation_board"),
    path("rotation/absence/", rotation.absence, name="rotation_absence"),
    path("rotation/<int:pk>/presence/", rotation.presence, name="rotation_presence"),
]
