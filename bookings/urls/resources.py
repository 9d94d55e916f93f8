from django.urls import path

from bookings.views import resources

urlpatterns = [
    path("resources/", resources.resources, name="resources"),
    path("resources/conflicts/", resources.conflicts, name="resource_conflicts"),
    path("appointments/<int:pk>/overtime/", resources.overtime, name="overtime"),
    path("resources/<int:pk>/", resources.resource, name="resource"),
    path("resources/<int:pk>/hours/", resources.working_hours, name="resource_hours"),
    path("resources/<int:pk>/closures/", resources.closing, name="resource_closing"),
    path("resources/<int:pk>/closures/<int:closure>/lifting/", resources.lifting, name="resource_lifting"),
]
