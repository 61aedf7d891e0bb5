"""The watch over every page of every browser test: nothing is asked of another server, the policy in the header is
never broken, no script fails, and the server never answers with a defect.

Each test's browsers are watched, so that the whole suite is the crawl.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response, WebError

_REFUSED = "Failed to load resource: the server responded with a status of 4"
"""What Chromium notes of an error page of ours that a test asked for on purpose."""

_POLICY = "content-security-policy"
_OWN_SCHEMES = frozenset({"data", "blob", "about"})


@dataclass
class Watch:
    """What went wrong in the browsers of one test."""

    origin: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = (_REFUSED,)

    def expect(self, message: str) -> None:
        """Let pass what a test brings about on purpose."""
        self.expected += (message,)

    def over(self, context: BrowserContext) -> None:
        """Watch every page of this context, those that it opens later too."""
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    @property
    def findings(self) -> list[str]:
        """Everything, to be empty."""
        return [*self.foreign, *self.errors]

    def forget(self) -> None:
        """Begin anew."""
        self.foreign.clear()
        self.errors.clear()

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _OWN_SCHEMES and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.foreign.append(f"{_where(request)} asked {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.url} answered {response.status}")
        if "text/html" in response.headers.get("content-type", "") and _POLICY not in response.headers:
            self.errors.append(f"{response.url} has no policy")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(self.expected):
            page: Page | None = message.page
            self.errors.append(f"{page.url if page else '?'} said: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.errors.append(f"{error.page.url if error.page else '?'} failed: {error.error}")


def _where(request: Request) -> str:
    try:
        return request.frame.url
    except Error:  # a navigation's request has no frame yet
        return "a navigation"
