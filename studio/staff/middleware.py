"""Who is signed in, who acts, and for which branch."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from studio.staff.models import Department, Membership, User

ACTOR = "actor"
BRANCH = "branch"
SCREEN = "screen"


class ActorMiddleware:
    """Sets on each request:

    - `request.actor`: the person who acts. It is `request.user`, or the colleague who chose themself
      by PIN on a shared tablet.
    - `request.membership`: the actor's active place in the chosen branch, or None.
    - `request.branch`: its branch, or None; the branch's time zone is active for the request.
    - `request.screen`: the department in which this screen stands for everybody there, or None: then each
      press says who (`studio.staff.views.who`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor, request.membership, request.branch = None, None, None  # type: ignore[attr-defined]
        request.screen = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self.find_actor(request)
        if request.branch is None:  # type: ignore[attr-defined]
            return self.get_response(request)
        with timezone.override(request.branch.zone):  # type: ignore[attr-defined]
            return self.get_response(request)

    def find_actor(self, request: HttpRequest) -> None:
        actor = request.user
        places = Membership.objects.active().select_related("user", "branch", "department").order_by("id")
        own = list(places.filter(user_id=actor.pk or 0))
        chosen = request.session.get(BRANCH)
        place = next((m for m in own if m.branch_id == chosen), own[0] if own else None)
        acting = request.session.get(ACTOR)
        if acting and acting != actor.pk and place is not None:
            # Acting for a colleague is bound to the branch that the tablet stands in.
            stand_in = places.filter(user_id=acting, branch_id=place.branch_id).first()
            if stand_in is not None:
                actor, place = stand_in.user, stand_in
        request.actor = actor  # type: ignore[attr-defined]
        request.membership = place  # type: ignore[attr-defined]
        request.branch = place.branch if place else None  # type: ignore[attr-defined]
        if place is not None and SCREEN in request.session:
            here = Department.objects.filter(branch=place.branch_id, pk=request.session[SCREEN])
            request.screen = here.select_related("branch").first()  # type: ignore[attr-defined]
        self.choose_language(request, request.user)  # type: ignore[arg-type]

    def choose_language(self, request: HttpRequest, user: User) -> None:
        """The person's own language wins over the browser's, unless this browser chose one by hand."""
        if user.language and "django_language" not in request.COOKIES:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
