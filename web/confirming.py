"""The yes to a widening: a form brings back what was asked, so that it is to that and to nothing else."""

from domain.members import Slot
from storage.members.editing import NOTHING_CONFIRMED, Confirmed
from web.forms import Form

_ASKED = "confirm."


def confirmed_in(form: Form) -> Confirmed:
    """The entries that were asked about above the box that is ticked, each with its audience."""
    if not form.checked("confirm_widening"):
        return NOTHING_CONFIRMED
    asked = {name.removeprefix(_ASKED): text for name, text in form.items().items() if name.startswith(_ASKED)}
    return {slot: audience for name, audience in asked.items() if (slot := slot_named(name)) is not None}


def slot_named(name: str) -> Slot | None:
    """The entry that a field speaks of; None for a box or a button."""
    try:
        return Slot.parse(name)
    except ValueError:
        return None
