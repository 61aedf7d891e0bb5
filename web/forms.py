"""Forms: what a browser posted, one plain text a field, so that no odd shape of parameter reaches a rule."""

from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.datastructures import UploadFile

from domain.pages import Failure
from web.visits import Refusal

MOST_FIELDS = 200
_WRITTEN = ("title", "body", "tags", "headline", "about", "location", "languages", "interests")
URLENCODED = "application/x-www-form-urlencoded"


class Form:
    """The posted fields. A field that is repeated, or is a file, is a bad request."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """The field as typed, empty when it is missing."""
        return self._fields.get(name, "")

    def line(self, name: str) -> str:
        """The field as one line without outer spaces."""
        return " ".join(self.text(name).split())

    def checked(self, name: str) -> bool:
        """Whether a box was ticked: ours say `yes`."""
        return self.text(name) == "yes"

    def number(self, name: str) -> int | None:
        """The field as an id, None when it is missing; anything else is a bad request."""
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal(Failure.BAD_REQUEST, 400)
        return int(text)

    def written(self) -> str:
        """What a person wrote into it, to be given back where the form itself cannot be shown again."""
        return "\n\n".join(text for name in _WRITTEN if (text := self.text(name).strip()))

    def items(self) -> dict[str, str]:
        """Every field by name."""
        return dict(self._fields)


async def read_form(request: Request) -> Form:  # type: ignore[type-arg]
    """The form that was posted. Raises Refusal for what no form of ours can send."""
    try:
        if request.content_type[0] == URLENCODED:
            unquote_to_bytes(await request.body()).decode()  # or broken letters would be replaced in silence
        posted = await request.form()
    except (ValueError, UnicodeError) as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error
    fields: dict[str, str] = {}
    for name, value in posted.multi_items():
        if isinstance(value, UploadFile) or name in fields or len(fields) >= MOST_FIELDS:
            raise Refusal(Failure.BAD_REQUEST, 400)
        text = str(value)
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise Refusal(Failure.BAD_REQUEST, 400)
        fields[name] = text
    return Form(fields)
