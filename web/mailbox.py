"""The development mailbox: reads what was kept in the mail folder while no relay is set."""

import asyncio
import re
from email import policy
from email.parser import BytesParser
from pathlib import Path

from domain.pages import MailboxPage, MailLine
from web.settings import Settings

MOST_MAILS = 50


async def find_mailbox_page(settings: Settings) -> MailboxPage:
    """The newest mails, the last one first."""
    return await asyncio.to_thread(_read, settings.mail_folder, settings.site_url)


def _read(folder: Path, site_url: str) -> MailboxPage:
    newest = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)[:MOST_MAILS]
    return MailboxPage(mails=tuple(_line(path, site_url) for path in newest))


def _line(path: Path, site_url: str) -> MailLine:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    body = message.get_body(preferencelist=("plain",))
    text = body.get_content() if body else ""
    links = re.findall(rf"{re.escape(site_url.rstrip('/'))}/\S*", text)
    return MailLine(
        name=path.stem,
        recipient=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=text,
        links=tuple(dict.fromkeys(links)),
    )
