"""Communities, SIGs and their people: pages, settings, joining, roles, and that a SIG is never without an owner."""

from storage.sigs.adding import add_community, add_sig
from storage.sigs.entering import add_membership
from storage.sigs.memberships import end_membership, join_sig, leave_sig
from storage.sigs.pages import find_community_page, find_home_page, find_sig_page

__all__ = [
    "add_community",
    "add_membership",
    "add_sig",
    "end_membership",
    "find_community_page",
    "find_home_page",
    "find_sig_page",
    "join_sig",
    "leave_sig",
]
