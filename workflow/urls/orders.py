from django.urls import path

from workflow.views import (
    orders,
    orders_board,
    orders_deliveries,
    orders_pickup,
    orders_promises,
    orders_selection,
)

urlpatterns = [
    path("board/", orders_board.board_page, name="board"),
    path("orders/closed/", orders_board.closed, name="closed"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/stage/", orders.stage, name="stage"),
    path("orders/<int:pk>/selection/", orders_selection.selection_page, name="selection"),
    path(
        "orders/<int:pk>/selection/signature/",
        orders_selection.signature,
        name="selection_signature",
    ),
    path("orders/<int:pk>/selection/note/", orders_selection.note, name="selection_note"),
    path("orders/<int:pk>/selection/sheet/", orders_selection.selection_sheet, name="selection_sheet"),
    path("orders/<int:pk>/pickup/", orders_pickup.pickup_page, name="pickup"),
    path("orders/<int:pk>/pickup/signature/", orders_pickup.signature, name="pickup_signature"),
    path("orders/<int:pk>/set/", orders_pickup.receive, name="set"),
    path("orders/<int:pk>/promises/", orders_promises.promise, name="promises"),
    path("promises/<int:pk>/keeping/", orders_promises.kept, name="promise_kept"),
    path("deliveries/", orders_deliveries.deliveries, name="deliveries"),
    path("appointments/<int:pk>/readiness/", orders_deliveries.ready, name="readiness"),
    path("items/<int:pk>/making/", orders_deliveries.made, name="item_made"),
]
