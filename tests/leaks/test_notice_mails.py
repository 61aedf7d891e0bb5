"""No canary in a mail whose reader may not see it: everybody has a notice of everything, and all of it is due."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import update

from domain.notices import REFUSABLE
from storage.notices.choices import choose_mail
from storage.tables import Notice
from tests.cast import NOON
from tests.conftest import Figure
from tests.leaks.crawling import Report, Theatre, scan
from tests.leaks.oracle import VIEWERS
from web.postman import deliver_once


async def _deliver(theatre: Theatre, choice: str) -> dict[str, list[bytes]]:
    """Every mail that is sent when everybody wants everything this way, by whom it goes to."""
    house, folder = theatre.house, theatre.house.settings.mail_folder
    by_address = {person.email: part for part, person in theatre.planted.world.people.items()}
    for part in VIEWERS:
        if part in theatre.planted.world.people:
            wanted = {kind.value: choice for kind in REFUSABLE}
            assert await choose_mail(house.database, theatre.planted.world[part].member_id, wanted) is None
    async with house.database.writing() as connection:
        await connection.execute(update(Notice).values(mail="due", mail_at=NOON, attempts=0))
    while await deliver_once(house, "test"):
        pass
    found: dict[str, list[bytes]] = {}
    for path in folder.glob("*.eml"):
        message: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)
        parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        whole = "\n".join([*(f"{name}: {value}" for name, value in message.items()), *parts, path.name])
        found.setdefault(by_address[str(message["To"])], []).append(whole.encode())
        path.unlink()
    return found


async def test_mails_tell_nobody_what_they_may_not_see(theatre: Theatre, figure: Figure) -> None:
    report, mails = Report(), 0
    for choice in ("now", "daily"):
        sent = await _deliver(theatre, choice)
        assert sent.keys().isdisjoint({"nina", "sven", "silas"}), "nobody writes to them"
        titles = {part: b"\n".join(found).count(b"replied in") for part, found in sent.items()}
        assert titles["tariq"] < titles["bodil"], "who reads more is told more"
        for part, found in sent.items():
            mails += len(found)
            for whole in found:
                scan(theatre, report, part, whole, f"a mail ({choice})")
    scan(theatre, report, "", theatre.logged.getvalue().encode(), "the logs")
    assert [str(hit) for hit in report.hits[:12]] == []
    figure(f"leak test: {mails} mails to {len(VIEWERS)} viewers, 0 hits")
