"""Lock 6: every route says who may call it and how its answer may be cached, or the app does not start.

`page`, `form` and `resource` are the only ways to declare a route. The policy travels with the route, is enforced
before the handler runs, and is the table that the leak test walks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar import HttpMethod, Litestar, post, route
from litestar.handlers import HTTPRouteHandler

POLICY = "policy"


class Caller(StrEnum):
    """Who may call a route at all; what they then see is the visibility rule's business."""

    ANYONE = "anyone"
    VISITOR = "visitor"
    SIGNED_IN = "signed-in"
    MEMBER = "member"
    DEVELOPER = "developer"


class Cache(StrEnum):
    """Who may keep the answer: anyone, only the browser that asked (and it asks again), or nobody."""

    IMMUTABLE = "public, max-age=31536000, immutable"
    PUBLIC = "public, max-age=300"
    PRIVATE = "private, no-cache"
    NEVER = "no-store"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a route declares; `fresh_password` asks for the password again first, `file_field` is the one field of its
    form that may be a file. `one_click`: a program sends the form, from no page of ours (RFC 8058), and the address
    itself is the secret. `unattended`: a script asks by itself, so that it is no sign of anybody being there."""

    caller: Caller
    cache: Cache
    fresh_password: bool = False
    file_field: str | None = None
    one_click: bool = False
    unattended: bool = False


class UndeclaredRoute(RuntimeError):
    """A route without a policy."""


def page(
    path: str,
    *,
    caller: Caller = Caller.ANYONE,
    cache: Cache = Cache.PRIVATE,
    fresh_password: bool = False,
    unattended: bool = False,
    **options: Any,
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """A page to read (GET and HEAD)."""
    policy = Policy(caller, cache, fresh_password, unattended=unattended)
    return route(path, http_method=[HttpMethod.GET, HttpMethod.HEAD], opt={POLICY: policy}, **options)


def form(
    path: str,
    *,
    caller: Caller,
    cache: Cache = Cache.NEVER,
    fresh_password: bool = False,
    file_field: str | None = None,
    one_click: bool = False,
    **options: Any,
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """A form to send (POST)."""
    policy = Policy(caller, cache, fresh_password, file_field, one_click)
    return post(path, opt={POLICY: policy}, status_code=200, **options)


def policy_of(handler: Any) -> Policy | None:
    """The policy that a route handler declares."""
    policy = handler.opt.get(POLICY)
    return policy if isinstance(policy, Policy) else None


def demand_policies(app: Litestar) -> None:
    """Refuse to start with a route that declares nothing."""
    for known in app.routes:
        for handler in getattr(known, "route_handlers", [getattr(known, "route_handler", None)]):
            if handler is not None and handler.http_methods == {HttpMethod.OPTIONS}:
                continue  # the framework's own: it names the methods of a path, which are no secret
            if handler is None or policy_of(handler) is None:
                raise UndeclaredRoute(f"{known.path}: declare it with web.policy.page or web.policy.form")
