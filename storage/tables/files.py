"""Files that members uploaded."""

from datetime import datetime

from storage.tables.base import NEVER_AGAIN, Row, link, moment, row_id, text


class File(Row, table=True):
    """An uploaded file. What it belongs to names it by `name`, which nobody guesses; its keys are that thing's."""

    __tablename__ = "files"
    __table_args__ = NEVER_AGAIN
    file_id: int | None = row_id()
    name: str = text(unique=True)
    member_id: int = link("members.member_id", index=True)
    media_type: str = text()
    size: int = 0
    made_at: datetime = moment()
