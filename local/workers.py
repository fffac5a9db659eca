"""The Lambda functions of the stack: a pool of execution environments for each, invoked directly or as events.

One event runs in one environment at a time; more events start more environments, and beyond the pool they wait as
Lambda throttles. It knows nothing of what functions do. Rule: an invocation, once begun, ends by itself; a caller that
goes away ends only its waiting, as in AWS.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.activity import Activity
from local.clock import Clock
from local.event_subjects import cause_of, contact_of
from local.execution_environment import ExecutionEnvironment, FunctionError, Invocation, faults_as_errors, variables_of
from local.given_up import GivenUp, give_up
from local.guard import Guard
from local.template import Function

POOL_SIZE: Final = 8
RETRY_DELAYS_SECONDS: Final = (60.0, 120.0)
"""Before Lambda's second and third try of an event (LD:invocation-async-error-handling, read 2026-11)."""

Listener = Callable[[Invocation, Any], None]
Destination = Callable[[GivenUp], None]
"""Takes an event that Lambda gave up on; it must not block."""

_log = logging.getLogger(__name__)

__all__ = ["FunctionError", "GivenUp", "Listener", "UnknownFunction", "Workers", "contact_of"]


class UnknownFunction(Exception):
    """No function of the template has this name or ARN."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Function not found: {name}")
        self.name = name


@dataclass(slots=True)
class _Pool:
    free: asyncio.Semaphore
    idle: list[ExecutionEnvironment] = field(default_factory=list)


class Workers:
    """Runs the template's functions. Use it in one event loop; end it with `close`."""

    def __init__(
        self,
        *,
        root: Path,
        logs: Path,
        clock: Clock,
        guard: Guard,
        activity: Activity,
        new_id: Callable[[], str],
        pool_size: int = POOL_SIZE,
    ) -> None:
        self._root = root
        self._logs = logs
        self._clock = clock
        self._guard = guard
        self._activity = activity
        self._new_id = new_id
        self._pool_size = pool_size
        self._origin = ""
        self._extra: Mapping[str, str] = {}
        self._functions: dict[str, Function] = {}
        self._pools: dict[str, _Pool] = {}
        self._running: dict[str, tuple[ExecutionEnvironment, Invocation]] = {}
        self._numbers = itertools.count(1)
        self._generation = 0
        self._runs: set[asyncio.Task[Any]] = set()
        self._endings: set[asyncio.Task[Any]] = set()
        self._unsettled = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self.given_up: list[GivenUp] = []
        self.listeners: list[Listener] = []
        """Called with every invocation that was answered, and the answer; they must not block."""
        self.destinations: list[Destination] = []

    def define(self, functions: Iterable[Function], *, origin: str, environment: Mapping[str, str]) -> None:
        """Run these functions from now on, each with `environment` added to its own, in fresh workers."""
        self._origin = origin
        self._extra = dict(environment)
        self._functions = {function.name: function for function in functions}
        for name in self._functions:
            self._pools.setdefault(name, _Pool(asyncio.Semaphore(self._pool_size)))
        self.renew()

    def renew(self) -> None:
        """The next invocation of every function gets a fresh worker; running ones finish in theirs."""
        self._generation += 1
        for pool in self._pools.values():
            for worker in pool.idle:
                self._end(worker)
            pool.idle.clear()

    def functions(self) -> tuple[Function, ...]:
        return tuple(self._functions.values())

    def function(self, name_or_arn: str) -> Function:
        """The function of a name, an ARN, or either with a qualifier. Raises `UnknownFunction`."""
        name, _, qualifier = name_or_arn.rpartition("function:")[2].partition(":")
        function = self._functions.get(name)
        if function is None or (qualifier and qualifier not in {*function.qualifiers, "1"}):
            raise UnknownFunction(name_or_arn)
        return function

    def invocation_of(self, access_key: str) -> Invocation | None:
        """What runs in the worker that signs with this key."""
        _, invocation = self._running.get(access_key, (None, None))
        return invocation

    def working(self, function: str, *, contact_id: str) -> list[ExecutionEnvironment]:
        """Where a function runs for a contact just now."""
        name = self.function(function).name
        return [w for w, run in self._running.values() if (run.function.name, run.contact_id) == (name, contact_id)]

    def crash(self, function: str, *, contact_id: str) -> int:
        """Kill whatever runs in a function for a contact, as a fault of the machine below would; how many it were."""
        hit = self.working(function, contact_id=contact_id)
        for worker in hit:
            worker.crash()
        return len(hit)

    def crash_caller(self, access_key: str) -> bool:
        """Kill the worker that signs with this key, in the same way; whether there was one."""
        worker, _ = self._running.get(access_key, (None, None))
        if worker is not None:
            worker.crash()
        return worker is not None

    async def invoke(
        self,
        function: str,
        event: Any,
        *,
        client_context: Mapping[str, Any] | None = None,
        contact_id: str | None = None,
    ) -> Any:
        """Run the function and give its answer. Raises `FunctionError` or `UnknownFunction`.

        `contact_id` tells what the event is about where the event itself does not.
        """
        invocation = self._invocation(function, event, client_context=client_context, contact_id=contact_id)
        return await asyncio.shield(self._spawn(self._run_counted(invocation)))

    def invoke_later(self, function: str, event: Any) -> None:
        """Accept an event as Lambda's queue does: tried up to three times, then kept in `given_up`."""
        invocation = self._invocation(function, event, client_context=None)
        self._count(+1)
        self._spawn(self._run_event(invocation))

    def track(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what belongs to an event; nothing is settled before it has ended."""
        self._count(+1)
        return self._spawn(self._run_tracked(work))

    async def warm(self, function: str, *, idle: int = 1) -> None:
        """Have so many idle workers ready, so that the first customers do not wait for them."""
        defined = self.function(function)
        pool = self._pools[defined.name]
        while len(pool.idle) < idle:
            self._keep(pool, await self._start(defined))

    async def settle(self) -> None:
        """Return once no event runs or waits for a worker; events that wait for Lambda's next try do not count."""
        await self._settled.wait()

    async def close(self) -> None:
        """End every worker."""
        for task in self._runs:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        self.renew()
        await asyncio.gather(*self._endings)

    def _invocation(
        self, name: str, event: Any, *, client_context: Mapping[str, Any] | None, contact_id: str | None = None
    ) -> Invocation:
        function = self.function(name)
        return Invocation(
            request_id=self._new_id(),
            function=function,
            invoked_arn=name if name.startswith("arn:") else function.arn,
            event=event,
            client_context=client_context,
            contact_id=contact_id or contact_of(event),
        )

    async def _run_tracked(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._count(-1)

    async def _run_counted(self, invocation: Invocation) -> Any:
        self._count(+1)
        try:
            return await self._run(invocation)
        finally:
            self._count(-1)

    async def _run_event(self, invocation: Invocation) -> None:
        accepted_at = self._clock.now()
        try:
            for attempt in itertools.count(1):
                error = await self._try(invocation)
                if error is None:
                    return
                delay = self._delay_after(attempt, invocation.function, accepted_at=accepted_at)
                if delay is None:
                    self._give_up(invocation, error, attempts=attempt)
                    return
                await self._wait_for_next_try(invocation, error, delay)
        finally:
            self._count(-1)

    async def _try(self, invocation: Invocation) -> FunctionError | None:
        try:
            await self._run(invocation)
        except FunctionError as error:
            return error
        return None

    def _delay_after(self, attempt: int, function: Function, *, accepted_at: float) -> float | None:
        """Seconds until Lambda tries again, or `None` if it does not."""
        if attempt > min(function.retry_attempts, len(RETRY_DELAYS_SECONDS)):
            return None
        delay = RETRY_DELAYS_SECONDS[attempt - 1]
        age = self._clock.now() + delay - accepted_at
        return delay if age <= function.maximum_event_age_seconds else None

    async def _wait_for_next_try(self, invocation: Invocation, error: FunctionError, delay: float) -> None:
        self._report(invocation, "retrying", error=error.in_one_line(), delay=delay)
        self._count(-1)
        try:
            await self._clock.sleep(delay)
        finally:
            self._count(+1)

    def _give_up(self, invocation: Invocation, error: FunctionError, *, attempts: int) -> None:
        given_up = give_up(invocation, error, attempts=attempts, at=self._clock.now())
        self.given_up.append(given_up)
        self._report(invocation, "given_up", error=error.in_one_line())
        for take in self.destinations:
            take(given_up)

    async def _run(self, invocation: Invocation) -> Any:
        pool = self._pools[invocation.function.name]
        async with pool.free:
            started = time.monotonic()
            self._report(invocation, "started")
            try:
                with faults_as_errors():  # outermost, so that the worker has been ended before
                    answer = await self._run_in_worker(pool, invocation)
            except FunctionError as error:
                self._report(invocation, "failed", ms=_ms_since(started), error=error.in_one_line())
                raise
            self._report(invocation, "finished", ms=_ms_since(started))
            for hear in self.listeners:
                hear(invocation, answer)
            return answer

    async def _run_in_worker(self, pool: _Pool, invocation: Invocation) -> Any:
        worker = await self._idle_worker(pool) or await self._start(invocation.function)
        try:
            with self._running_in(worker, invocation):
                answer = await worker.run(invocation)
        except FunctionError:
            self._keep(pool, worker)
            raise
        except BaseException:  # cancelled, or a fault of its connection: the event may still run in there
            await worker.kill()
            raise
        self._keep(pool, worker)
        return answer

    @contextlib.contextmanager
    def _running_in(self, worker: ExecutionEnvironment, invocation: Invocation) -> Iterator[None]:
        self._running[worker.access_key] = worker, invocation
        try:
            yield
        finally:
            del self._running[worker.access_key]

    async def _idle_worker(self, pool: _Pool) -> ExecutionEnvironment | None:
        """The one used last; those that died meanwhile are put away."""
        while pool.idle:
            worker = pool.idle.pop()
            if worker.is_alive:
                return worker
            await worker.kill()
        return None

    def _keep(self, pool: _Pool, worker: ExecutionEnvironment) -> None:
        if not worker.is_alive:
            return
        if worker.generation != self._generation:
            self._end(worker)
            return
        worker.freeze()
        pool.idle.append(worker)

    async def _start(self, function: Function) -> ExecutionEnvironment:
        access_key = f"WORKER{next(self._numbers):014d}"
        variables = variables_of(
            function, root=self._root, origin=self._origin, access_key=access_key, extra=self._extra
        )
        with faults_as_errors():
            return await ExecutionEnvironment.start(
                variables=variables,
                folder=self._root,
                log_file=self._logs / f"{function.name}.log",
                clock=self._clock,
                guard=self._guard,
                generation=self._generation,
            )

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._runs.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._runs.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, FunctionError):  # those are reported where they happen
            _log.error("an invocation broke; this is a fault of the local stack", exc_info=error)

    def _end(self, worker: ExecutionEnvironment) -> None:
        ending = asyncio.get_running_loop().create_task(worker.kill())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    def _count(self, change: int) -> None:
        self._unsettled += change
        if self._unsettled:
            self._settled.clear()
        else:
            self._settled.set()

    def _report(
        self, invocation: Invocation, phase: str, *, ms: int = 0, error: str = "", delay: float | None = None
    ) -> None:
        """`delay` is how many seconds later it is tried again."""
        self._activity.add(
            "invocation",
            invocation.contact_id,
            function=invocation.function.name,
            run=invocation.request_id,
            phase=phase,
            ms=ms,
            error=error,
            cause=cause_of(invocation.event) if phase == "started" else "",
            delay=delay,
        )


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
