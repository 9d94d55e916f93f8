from django.urls import path

from bookings.views import gown_moves, gowns

urlpatterns = [
    path("gowns/", gowns.gowns, name="gowns"),
    path("gowns/<int:pk>/", gowns.gown, name="gown"),
    path("gowns/<int:pk>/label/", gowns.label, name="gown_label"),
    path("gowns/<int:pk>/order/", gowns.in_order, name="gown_in_order"),
    path("appointments/<int:pk>/gowns/", gown_moves.hold, name="gown_hold"),
    path("gown-holds/<int:pk>/out/", gown_moves.give_out, name="gown_out"),
    path("gown-holds/<int:pk>/substitute/", gown_moves.substitute, name="gown_substitute"),
    path("gown-holds/<int:pk>/release/", gown_moves.release, name="gown_release"),
    path("outings/<int:pk>/return/", gown_moves.take_back, name="gown_back"),
    path("outings/<int:pk>/photos/", gown_moves.photographs, name="gown_photos"),
    path("outings/<int:pk>/damage/", gown_moves.damage, name="gown_damage"),
    path("gown-photos/<int:pk>.jpg", gowns.photo, name="gown_photo"),
]
