"""Forms: what a browser posted, one plain text a field, so that no odd shape of parameter reaches a rule.

A file is a bad request everywhere but in the one field that the route declares for it.
"""

import re
from collections.abc import Iterable
from typing import IO
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from domain.pages import Failure
from web.policy import policy_of
from web.visits import Refusal

MOST_FIELDS = 1000
LENGTH_REQUIRED, TOO_LARGE = 411, 413
_WRITTEN = (
    "title",
    "body",
    "tags",
    "headline",
    "about",
    "objectives",
    "location",
    "languages",
    "interests",
    "skills",
    "text",
    "words",
    "note",
    "description",
    "question",
    "rules",
)
_WRITTEN_BESIDE = {"reason": "rule", "answer": "decision"}
"""Fields that hold a choice in some forms: in the forms with this other field, they are written as well."""
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What no browser sends in a field, and no database takes."""
URLENCODED = "application/x-www-form-urlencoded"


class Form:
    """The posted fields. A field that is repeated, or is a file where none was asked for, is a bad request.

    `file` is what was chosen in the one field for a file, to be read while the request lasts, and `file_name` what its
    sender calls it; `is_too_large` says that the whole was more than the route takes, so that nothing of it is here.
    """

    def __init__(
        self,
        fields: dict[str, str],
        file: IO[bytes] | None = None,
        *,
        file_name: str = "",
        is_too_large: bool = False,
    ) -> None:
        self._fields = fields
        self.file = file
        self.file_name = file_name
        self.is_too_large = is_too_large

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
        names = (*_WRITTEN, *(name for name, other in _WRITTEN_BESIDE.items() if other in self._fields))
        return "\n\n".join(text for name in names if (text := self.text(name).strip()))

    def items(self) -> dict[str, str]:
        """Every field by name."""
        return dict(self._fields)


async def read_form(request: Request) -> Form:  # type: ignore[type-arg]
    """The form that was posted. Raises Refusal for what no form of ours can send."""
    policy = policy_of(request.route_handler)
    file_field = policy.file_field if policy else None
    if file_field is not None and "content-length" not in request.headers:
        raise Refusal(Failure.BAD_REQUEST, LENGTH_REQUIRED)  # what is too large is known before any of it is kept
    try:
        posted = await _read_fields(request)
    except (ValueError, LookupError) as error:  # letters, or the name of an alphabet, that nobody knows
        raise Refusal(Failure.BAD_REQUEST, 400) from error
    except HTTPException as error:
        if error.status_code != TOO_LARGE or file_field is None:
            raise
        return Form({}, is_too_large=True)
    return _checked(posted, file_field)


async def _read_fields(request: Request) -> Iterable[tuple[str, object]]:  # type: ignore[type-arg]
    """Each field in its order. What is not `multipart/form-data` is read here: the framework would keep the last 1,024
    of these forms in mind, with passwords and all, and replace broken letters in silence."""
    if request.content_type[0] != URLENCODED:
        return (await request.form()).multi_items()
    written = (await request.body()).decode()
    return parse_qsl(written, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)


def _checked(posted: Iterable[tuple[str, object]], file_field: str | None) -> Form:
    fields: dict[str, str] = {}
    file: IO[bytes] | None = None
    file_name = ""
    for name, value in posted:
        if name in fields or len(fields) >= MOST_FIELDS:
            raise Refusal(Failure.BAD_REQUEST, 400)
        if isinstance(value, UploadFile):
            if name != file_field:
                raise Refusal(Failure.BAD_REQUEST, 400)
            file, file_name = value.file, value.filename
        text = "" if isinstance(value, UploadFile) else str(value)
        if _NO_TEXT.search(text):
            raise Refusal(Failure.BAD_REQUEST, 400)
        fields[name] = text
    return Form(fields, file, file_name=file_name)
