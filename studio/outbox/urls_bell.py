from django.urls import path

from studio.outbox.views import bell

urlpatterns = [
    path("bell/", bell.index, name="bell"),
    path("bell/part/", bell.part, name="bell_part"),
    path("bell/sight/", bell.sight, name="bell_sight"),
    path("bell/<int:pk>/sight/", bell.sight_of_one, name="bell_sight_of_one"),
    path("bell/sound/", bell.sound, name="bell_sound"),
]
