"""Pages of the demo shop only; production has no route to them."""

from django.http import HttpRequest, HttpResponse

from studio.demo.phone import bubbles, conversations
from studio.foundation import answers
from studio.foundation.access import public


@public
def phone(request: HttpRequest) -> HttpResponse:
    """Customers have no sign-in, so neither has their phone. `?to=` is a number or address; else the last."""
    known = conversations()
    chosen = request.GET.get("to", "").replace("\x00", "") or (known[0].recipient if known else "")
    context = {
        "chosen": chosen,
        "conversation": next((one for one in known if one.recipient == chosen), None),
        "conversations": known,
        "bubbles": bubbles(chosen),
        "is_asked_for": "to" in request.GET,
    }
    return answers.page(request, "demo/phone.html", context, fragment="demo/_phone.html")
