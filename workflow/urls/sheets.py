from django.urls import URLPattern, path

from workflow.views import day_sheets, sheet_paper, sheets

urlpatterns: list[URLPattern] = [
    path("s/<str:number>/", sheets.scan, name="scan"),
    path("orders/<int:pk>/sheet/", sheets.sheet, name="sheet"),
    path("orders/<int:pk>/sheet/customer/", sheets.sheet_customer, name="sheet_customer"),
    path("orders/<int:pk>/sheet/paper/", sheet_paper.sheet_paper, name="sheet_paper"),
    path("orders/<int:pk>/sheet/photos/", sheet_paper.sheet_photos, name="sheet_photos"),
    path("day-sheets/", day_sheets.day_sheets, name="day_sheets"),
    path("day-sheets/message/", day_sheets.day_sheets_message, name="day_sheets_message"),
    path("sheet-photos/<int:pk>/", sheet_paper.sheet_photo, name="sheet_photo"),
]
