"""Words for what views carry as codes: the one place where an enum becomes a sentence in the reader's language.

Templates read these as `words.scope(key)`; every function returns plain text that the template escapes.
"""

from web.words.counts import members, people, points, replies, threads, wait
from web.words.keys import icon_of_scope, readers, scope, who, who_reads, why
from web.words.language import figure, ngettext
from web.words.pages import about, ended, mail_sent, saved, thread_kind
from web.words.people import entry, entry_hint, gender, genders, person
from web.words.pictures import day, moment, tile
from web.words.refusals import by_field, entry_summary, failure, field, problem, reason, summary

__all__ = [
    "about",
    "by_field",
    "day",
    "ended",
    "entry",
    "entry_hint",
    "entry_summary",
    "failure",
    "field",
    "figure",
    "gender",
    "genders",
    "icon_of_scope",
    "mail_sent",
    "members",
    "moment",
    "ngettext",
    "people",
    "person",
    "points",
    "problem",
    "readers",
    "reason",
    "replies",
    "saved",
    "scope",
    "summary",
    "thread_kind",
    "threads",
    "tile",
    "wait",
    "who",
    "who_reads",
    "why",
]
