"""An older visitor log, brought in from a spreadsheet: uploaded, looked through, written (R1.3)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import files
from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.foundation.spreadsheets import download, write
from studio.staff.models import User
from studio.staff.models.membership import MANAGERS
from workflow import spreadsheets, visit_imports
from workflow.import_preview import Preview, preview_of
from workflow.log_columns import CHOICES, COLUMNS, TITLES
from workflow.models import LossReason, VisitImport
from workflow.models.visit_import import ImportState

PER_PAGE = 50
MOST_QUESTIONS = 100
SHOWN_IMPORTS = 30
FATES = ("fault", "duplicate", "opens", "known", "same", "anonymous")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Spreadsheet (.xlsx)"),
        help_text=gettext_lazy("Up to 2 MB and 2,000 rows. Nothing is written before you have seen it."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": gettext_lazy("Choose the file with the old log."),
            "empty": gettext_lazy("This file is empty."),
        },
    )

    def clean_file(self) -> "UploadedFile":
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > spreadsheets.MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 2 MB. Split it by months or years."))
        return file


@roles(MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: StudioRequest) -> HttpResponse:
    """The files so far, and a place for the next one."""
    form = (
        UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
    )
    if request.method == "POST" and form.is_valid():
        try:
            return submissions.once(request, lambda: uploaded(request, form.cleaned_data["file"]))
        except spreadsheets.Unreadable as reason:
            form.add_error("file", str(reason.sentence))
    entries = VisitImport.objects.filter(branch=request.branch).select_related("uploaded_by")
    context = {
        "form": form,
        "imports": entries[:SHOWN_IMPORTS],
        "columns": COLUMNS,
        "words": {key: [label for _value, label in choices] for key, choices in CHOICES.items()},
    }
    if request.method == "POST":
        return answers.invalid(request, "workflow/visit_imports.html", context)
    return render(request, "workflow/visit_imports.html", context)


def uploaded(request: StudioRequest, file: UploadedFile) -> str:
    entry = visit_imports.upload(
        branch=request.branch,
        by=request.actor,
        now=timezone.now(),
        file_name=file.name or "",
        content=file.read(),
    )
    return entry.get_absolute_url()


@roles(MANAGERS)
@require_safe
def template(request: StudioRequest) -> HttpResponse:
    """A spreadsheet with our headings, to copy an old log into."""
    titles = [str(column.title) for column in COLUMNS]
    content = write(_("Visitor log"), titles, [], [column.width for column in COLUMNS])
    return download(content, "visits-template.xlsx")


def import_of(request: StudioRequest, pk: int) -> VisitImport:
    rows = VisitImport.objects.filter(branch=request.branch)
    return get_object_or_404(rows.select_related("branch", "uploaded_by"), pk=pk)


@roles(MANAGERS)
@require_safe
def visit_import(request: StudioRequest, pk: int) -> HttpResponse:
    """What would be written, row by row; while it is being written, how far it is."""
    entry = import_of(request, pk)
    context = page_context(request, entry)
    return answers.page(
        request, "workflow/visit_import.html", context, fragment="workflow/visit_import_state.html"
    )


def page_context(request: StudioRequest, entry: VisitImport, refused: object = "") -> dict[str, Any]:
    now = timezone.now()
    context: dict[str, Any] = {"entry": entry, "refused": refused, "now": now}
    if entry.state == ImportState.PREVIEWED:
        context |= preview_context(request, entry, preview_of(entry, now=now))
    if entry.state == ImportState.DONE:
        moments = entry.visits.order_by("arrived_at").values_list("arrived_at", flat=True)
        days = [request.branch.today(moment) for moment in (moments.first(), moments.last()) if moment]
        context["days"] = days
    return context


def preview_context(request: StudioRequest, entry: VisitImport, preview: Preview) -> dict[str, Any]:
    fate = request.GET.get("show", "")
    fate = fate if fate in FATES else ""
    everybody = User.objects.filter(memberships__branch=entry.branch).distinct().order_by("display_name")
    told = entry.answers
    return {
        "preview": preview,
        "counts": preview.counts,
        "fate": fate,
        "fates": [
            (key, word, preview.counts[key]) for key, word in fate_words().items() if preview.counts[key]
        ],
        "page": Paginator(preview.of(fate) if fate else preview.lines, PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "titles": TITLES,
        "who": [(text, told.get("consultants", {}).get(text)) for text in preview.who[:MOST_QUESTIONS]],
        "why": [(text, told.get("reasons", {}).get(text)) for text in preview.why[:MOST_QUESTIONS]],
        "owner": told.get("owner"),
        "people": everybody,
        "owners": files.owners_of(entry.branch),
        "reasons": LossReason.choices,
    }


def fate_words() -> dict[str, str]:
    """What becomes of a row, in the order in which a manager wants to know."""
    return {
        "fault": _("With a fault"),
        "duplicate": _("In the log already"),
        "opens": _("Opens a file"),
        "known": _("Known customer"),
        "same": _("Came again"),
        "anonymous": _("Without a name"),
    }


# --- One press each -------------------------------------------------------------------------
def number_in(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0


@roles(MANAGERS)
@require_POST
def given_answers(request: StudioRequest, pk: int) -> HttpResponse:
    """Who the unknown names are, what the unknown reasons mean, and who owns what nobody here can own."""
    entry, post = import_of(request, pk), request.POST
    chosen = [number_in(pk) for pk in post.getlist("who")]
    owner = files.owners_of(entry.branch).filter(pk=number_in(post.get("owner", ""))).first()
    try:
        visit_imports.answer(
            entry,
            version=number_in(request.POST.get("version", "")),
            now=timezone.now(),
            consultants=dict(zip(post.getlist("who_text"), chosen, strict=False)),
            reasons=dict(zip(post.getlist("why_text"), post.getlist("why"), strict=False)),
            owner=owner,
        )
    except StaleEdit as error:
        return answers.stale(request, error)
    return answers.done(request, entry.get_absolute_url())


@roles(MANAGERS)
@require_POST
def writing(request: StudioRequest, pk: int) -> HttpResponse:
    """“Write”: the background does it, in one piece."""
    entry = import_of(request, pk)
    try:
        visit_imports.start(
            entry,
            version=number_in(request.POST.get("version", "")),
            leave_out=number_in(request.POST.get("leave_out", "0")),
            by=request.actor,
            now=timezone.now(),
        )
    except visit_imports.NotReady as reason:
        entry.refresh_from_db()
        context = page_context(request, entry, reason.sentence)
        return answers.invalid(request, "workflow/visit_import.html", context)
    except StaleEdit as error:
        return answers.stale(request, error)
    return answers.done(request, entry.get_absolute_url())


@roles(MANAGERS)
@require_POST
def removal(request: StudioRequest, pk: int) -> HttpResponse:
    """Not wanted: what was read is forgotten."""
    entry = visit_imports.discard(import_of(request, pk), now=timezone.now())
    if entry.state == ImportState.DISCARDED:
        messages.success(request, _("Discarded. Nothing of it is in the log."))
    return answers.done(request, reverse("workflow:visit_imports"))


@roles(MANAGERS)
@require_POST
def preview(request: StudioRequest, pk: int) -> HttpResponse:
    """After a failure: look at it once more."""
    entry = visit_imports.look_again(import_of(request, pk), now=timezone.now())
    return answers.done(request, entry.get_absolute_url())
