from django.urls import path

from bookings.views import placing, schedule

urlpatterns = [
    path("schedule/", schedule.schedule, name="schedule"),
    path("schedule/moves/", placing.place, name="place"),
    path("appointments/<int:pk>/card/", placing.card, name="card"),
    path("appointments/<int:pk>/moves/<int:event>/undo/", placing.undo, name="undo"),
    path("schedule-notices/<int:pk>/seen/", placing.seen, name="notice_seen"),
]
