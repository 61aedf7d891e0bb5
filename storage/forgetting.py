"""Forgetting: what was kept for a while is deleted when its time is over."""

from datetime import datetime

from storage.addresses import forget_old_addresses
from storage.connections import forget_old_declines
from storage.database import Database
from storage.forum.removal import forget_deleted_posts
from storage.mail_tokens import forget_old_tokens
from storage.notices.pages import forget_old_notices
from storage.registrations import forget_old_registrations
from storage.sessions import forget_ended_sessions
from storage.sigs.invitations import forget_old_invitations
from storage.start_page.deleted import erase_deleted
from storage.throttle import forget_old_counts


async def forget_what_is_over(database: Database, now: datetime) -> None:
    """Delete ended sessions, old tokens, counts and notices, registrations and addresses nobody confirmed, and the text
    of posts and what lay on start pages, whose deletion can no longer be taken back."""
    async with database.writing() as connection:
        await forget_ended_sessions(connection, now)
        await forget_old_registrations(connection, now)
        await forget_old_addresses(connection, now)
        await forget_old_tokens(connection, now)
        await forget_old_counts(connection, now)
        await forget_deleted_posts(connection, now)
        await forget_old_notices(connection, now)
        await forget_old_invitations(connection, now)
        await forget_old_declines(connection, now)
        await erase_deleted(connection, now)
