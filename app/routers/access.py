"""Whose request it is, and whether that one may ask it: API keys, scopes, rates.

Everything here runs in the event loop and before anything of a body is read.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import get_args

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.routing import APIRoute
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import NoKey, NotAllowed, RateExceeded, SweetspotError
from app.routers.openapi import declared_scope
from app.routers.problems import problem_of
from app.store import tables
from app.store.key_ring import OWNER, Caller, KeyRing

KEYLESS = (
    "this server has no API key yet and answers its own machine only: "
    "`sweetspot keys create NAME` there makes one"
)
SCOPES: Sequence[str] = get_args(tables.Scope.__value__)  # each may what those before it may
TELL_HOW = "send `Authorization: Bearer KEY` or `X-API-Key: KEY`"


class KeyGuard:
    """Lets in whom a key lets in, as far as its scope and its rate go.

    The scope that a route wants is declared at the route (`app.routers.openapi`); where none is, it
    is admin. While there is no key, whoever is on this machine may all. Rates are counted in each
    process for itself.
    """

    def __init__(
        self, app: ASGIApp, routers: Sequence[APIRouter], open_paths: Collection[str | None]
    ) -> None:
        self.app = app
        self._routes = [one for router in routers for one in router.routes]
        self._open = frozenset(open_paths)
        self._rates = MovingWindowRateLimiter(MemoryStorage())
        self._reading = asyncio.Lock()
        self._thread = CapacityLimiter(1)  # the shared ones may all be judging lists

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        wanted = self._wanted(scope) if scope["type"] == "http" else ""
        if not wanted:
            await self.app(scope, receive, send)
            return
        try:
            caller = await self._admit(scope, wanted)
        except SweetspotError as why:
            await problem_of(why)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    def _wanted(self, scope: Scope) -> str:
        """The scope that a key must have for this request; "" where none is wanted.

        For what is no route the smallest one: only who has a key is told that there is nothing.
        """
        if scope["path"] in self._open:
            return ""
        for route in self._routes:
            if isinstance(route, APIRoute) and route.matches(scope)[0] is Match.FULL:
                return declared_scope(route)
        return SCOPES[0]

    async def _admit(self, scope: Scope, wanted: str) -> Caller:
        """Who asks. Raises NoKey, NotAllowed, RateExceeded, StorageFailed."""
        caller = await self._identify(scope)
        if SCOPES.index(caller.scope) < SCOPES.index(wanted):
            raise NotAllowed(
                f"the key {caller.key}... has the scope {caller.scope!r}: this needs {wanted!r}"
            )
        await self._count(caller)
        return caller

    async def _identify(self, scope: Scope) -> Caller:
        ring: KeyRing = scope["app"].state.parts.keys
        await self._freshen(ring)
        secret = _shown_key(Headers(scope=scope))
        if secret:
            found = ring.find(secret)
            if found is None:
                raise NoKey(f"this API key is unknown or was revoked: {TELL_HOW}")
            return found
        if not ring.is_empty:
            raise NoKey(f"an API key is wanted: {TELL_HOW}")
        if not is_loopback((scope.get("client") or ("",))[0]):
            raise NotAllowed(KEYLESS)
        return OWNER

    async def _freshen(self, ring: KeyRing) -> None:
        """Have one of those who ask read the keys again, where they are old."""
        if ring.is_fresh:
            return
        async with self._reading:
            if not ring.is_fresh:
                await to_thread.run_sync(ring.refresh, limiter=self._thread)

    async def _count(self, caller: Caller) -> None:
        """One more of its requests in this minute. Raises RateExceeded."""
        if caller.rate is None:
            return
        rate = RateLimitItemPerMinute(caller.rate)
        if not await self._rates.hit(rate, caller.key):
            free_at = (await self._rates.get_window_stats(rate, caller.key)).reset_time
            raise RateExceeded(
                f"the key {caller.key}... may ask {caller.rate} times a minute: wait a moment",
                retry_s=max(1, ceil(free_at - time.time())),
            )


def _shown_key(headers: Headers) -> str:
    """The key that a request has; "" where it has none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "").strip()


def is_loopback(host: str) -> bool:
    """Whether that address is this machine's own, as a client's or to listen at."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
