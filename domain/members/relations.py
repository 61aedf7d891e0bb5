"""How a viewer stands to the person whose page they read: what their buttons there say."""

from domain.views import View


class RelationView(View):
    """How the viewer stands to a person. `sent_id` and `received_id` are the requests that wait between them.

    `is_blocked` speaks of the viewer's own block alone: who made one is the only one to be told.
    """

    is_connected: bool = False
    sent_id: int | None = None
    received_id: int | None = None
    is_muted: bool = False
    is_blocked: bool = False
    may_ask: bool = False
