"""The rules of notices: which mail each kind gets, when it is due, and how long a failed one waits."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.notices import (
    LONGEST_DELAY,
    MAIL_WITHIN,
    NOTICE_RULES,
    PERSONAL,
    REFUSABLE,
    MailChoice,
    NoticeKind,
    delay_after,
    mail_choice,
    mail_moment,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("chosen", [None, *MailChoice])
def test_a_choice_counts_unless_it_is_a_service(kind: NoticeKind, chosen: MailChoice | None) -> None:
    rule = NOTICE_RULES[kind]
    wanted = rule.mail if rule.is_service or chosen is None else chosen
    assert mail_choice(kind, chosen) is wanted


def test_what_concerns_ones_rights_cannot_be_refused_or_blocked_away() -> None:
    services = set(NoticeKind) - set(REFUSABLE)
    assert services == {NoticeKind.ACT, NoticeKind.APPEAL}
    assert services.isdisjoint(PERSONAL)
    assert all(NOTICE_RULES[kind].mail is MailChoice.NOW for kind in services)


def test_mail_is_due_at_once_at_the_next_digest_or_never() -> None:
    assert mail_moment(MailChoice.NOW, NOON, NOON) == NOON
    assert mail_moment(MailChoice.DAILY, NOON, NOON) == datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
    assert mail_moment(MailChoice.OFF, NOON, NOON) is None
    assert mail_moment(MailChoice.NOW, NOON - MAIL_WITHIN, NOON) == NOON
    assert mail_moment(MailChoice.NOW, NOON - MAIL_WITHIN - timedelta(seconds=1), NOON) is None


def test_a_failed_mail_waits_twice_as_long_each_time_and_not_for_ever() -> None:
    waits = [delay_after(attempts) for attempts in range(1, 60)]
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_DELAY
