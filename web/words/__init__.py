"""Words for what views carry as codes: the one place where an enum becomes a sentence in the reader's language.

Templates read these as `words.scope(key)`; every function returns plain text that the template escapes.
"""

from web.words.counts import members, people, points, replies, threads, unseen_people, wait
from web.words.entries import (
    entry,
    entry_hint,
    entry_with_label,
    gender,
    genders,
    part,
    part_hint,
    person,
    record,
    span,
)
from web.words.keys import exposure_columns, icon_of_scope, looker, reach, readers, scope, status, who, who_reads, why
from web.words.language import figure, ngettext
from web.words.pages import about, check_up, ended, mail_sent, saved, thread_kind, vocabulary, vocabulary_source
from web.words.pictures import day, moment, tile
from web.words.refusals import by_field, entry_summary, failure, field, part_summary, problem, reason, summary

__all__ = [
    "about",
    "by_field",
    "check_up",
    "day",
    "ended",
    "entry",
    "entry_hint",
    "entry_summary",
    "entry_with_label",
    "exposure_columns",
    "failure",
    "field",
    "figure",
    "gender",
    "genders",
    "icon_of_scope",
    "looker",
    "mail_sent",
    "members",
    "moment",
    "ngettext",
    "part",
    "part_hint",
    "part_summary",
    "people",
    "person",
    "points",
    "problem",
    "reach",
    "readers",
    "reason",
    "record",
    "replies",
    "saved",
    "scope",
    "span",
    "status",
    "summary",
    "thread_kind",
    "threads",
    "tile",
    "unseen_people",
    "vocabulary",
    "vocabulary_source",
    "wait",
    "who",
    "who_reads",
    "why",
]
