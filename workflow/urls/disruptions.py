from django.urls import path

from workflow.views import disrupted_dates, disruptions

urlpatterns = [
    path("disruptions/", disruptions.index, name="disruptions"),
    path("disruptions/new/", disruptions.new, name="disruption_new"),
    path("disruptions/late/", disruptions.late, name="running_late"),
    path("disruptions/<int:pk>/", disruptions.disruption, name="disruption"),
    path("disruptions/<int:pk>/proposals/", disruptions.proposals, name="disruption_proposals"),
    path("disruptions/<int:pk>/calls/", disruptions.to_call, name="disruption_calls"),
    path("disruptions/<int:pk>/messages/", disruptions.to_write, name="disruption_messages"),
    path("disruptions/<int:pk>/end/", disruptions.end, name="disruption_end"),
    path("disruptions/<int:pk>/shift/", disruptions.shift, name="disruption_shift"),
    path("disrupted-dates/<int:pk>/agreement/", disrupted_dates.agreement, name="disrupted_agreement"),
    path("disrupted-dates/<int:pk>/told/", disrupted_dates.told, name="disrupted_told"),
    path("disrupted-dates/<int:pk>/standing/", disrupted_dates.standing, name="disrupted_standing"),
    path("disrupted-dates/<int:pk>/promise/", disrupted_dates.promise, name="disrupted_promise"),
]
