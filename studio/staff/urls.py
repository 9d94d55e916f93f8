from django.urls import path

from studio.staff import urls_badges
from studio.staff.views import account, hand_overs, leaves

app_name = "staff"
urlpatterns = [
    path("actor/", account.actor, name="actor"),
    path("branch/", account.branch, name="branch"),
    path("me/", account.me, name="me"),
    path("welcome/<str:uid>/<str:token>/", account.welcome, name="welcome"),
    path("leave/", leaves.month, name="leave"),
    path("leave/new/", leaves.new, name="leave_new"),
    path("leave/illness/", leaves.illness, name="illness"),
    path("leave/<int:pk>/", leaves.request_page, name="leave_request"),
    path("leave/<int:pk>/consent/", leaves.consent, name="leave_consent"),
    path("leave/<int:pk>/refusal/", leaves.refusal, name="leave_refusal"),
    path("leave/<int:pk>/withdrawal/", leaves.withdrawal, name="leave_withdrawal"),
    path("leave/<int:pk>/return/", leaves.back, name="leave_return"),
    path("hand-over/<int:pk>/", hand_overs.hand_over, name="hand_over"),
    path("hand-over/<int:pk>/acceptance/", hand_overs.acceptance, name="hand_over_acceptance"),
    path("hand-over/<int:pk>/deputy/", hand_overs.deputy, name="hand_over_deputy"),
    *urls_badges.urlpatterns,
]
