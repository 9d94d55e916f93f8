from django.urls import path

from workflow.views import visit_imports, visitor_log

urlpatterns = [
    path("visits/", visitor_log.log, name="visits"),
    path("visits/paper/", visitor_log.paper, name="visits_paper"),
    path("visits/export/", visitor_log.export, name="visits_export"),
    path("visits/imports/", visit_imports.imports, name="visit_imports"),
    path("visits/imports/template/", visit_imports.template, name="visit_import_template"),
    path("visits/imports/<int:pk>/", visit_imports.visit_import, name="visit_import"),
    path("visits/imports/<int:pk>/answers/", visit_imports.given_answers, name="visit_import_answers"),
    path("visits/imports/<int:pk>/writing/", visit_imports.writing, name="visit_import_writing"),
    path("visits/imports/<int:pk>/removal/", visit_imports.removal, name="visit_import_removal"),
    path("visits/imports/<int:pk>/preview/", visit_imports.preview, name="visit_import_preview"),
]
