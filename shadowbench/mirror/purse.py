"""One candidate's money: what a request may cost, whether that may be spent, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from shadowbench.limits.budget import NANO, Amount, BudgetPolicy, Ledger, Refusal, Reservation, Why
from shadowbench.limits.estimate import Asked, Prices, estimate, likely, metered
from shadowbench.mirror.call import Effort
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.mirror.spending import SpendingFile

# The members of a request that bound the length of its answer, in the dialects that candidates speak.
_MAXIMUM_MEMBERS = (
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "options.num_predict",
    "generationConfig.maxOutputTokens",
)

_NOT_LOOKED_AT = Asked(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A call that found no room: `limit`, as `usd_hour`, and what would have been set aside for it."""

    limit: str
    reserves_usd: float
    reserves_tokens: int


class Purse:
    """A ledger that is kept in a file after each change; without a file, in memory."""

    def __init__(self, options: CandidateOptions, file: SpendingFile | None = None) -> None:
        self._options = options
        self._file = file
        spending = file.register(options.name) if file is not None else None
        self.ledger = Ledger(_policy(options), spending, price_known=options.price_known)
        self._prices = prices_of(options)
        self._short: tuple[str, Amount] | None = None  # the last call, if it found no room

    @property
    def short(self) -> Short | None:
        """The last call that was asked for, where a limit had no room for it."""
        if self._short is None:
            return None
        reason, amount = self._short
        limit = reason.removeprefix("budget_")
        return Short(limit=limit, reserves_usd=amount.nano_usd / NANO, reserves_tokens=amount.tokens)

    def asked(self, request: CopiedRequest) -> Asked:
        """What of a request its cost depends on, as this candidate will be sent it; nothing asks where nothing is limited."""
        if not self.ledger.is_limited:
            return _NOT_LOOKED_AT
        facts = request.facts
        maximum = max_output_tokens(self._options, facts.max_output_tokens)
        return Asked(len(request.body), maximum, facts.n, facts.stream)

    def reserve(self, unix_s: float, asked: Asked) -> Reservation | Refusal:
        """Put aside what the request may cost, where anything is limited."""
        if not self.ledger.is_limited:
            return self.ledger.admit(unix_s)
        amount = estimate(self._prices, asked, self.ledger.dearest)
        answer = self.ledger.reserve(unix_s, amount)
        if isinstance(answer, Reservation):
            self._short = None
            self._keep()
        else:
            self._short = (answer.reason, amount) if answer.reason.startswith("budget_") else None
        return answer

    def ended(self, reservation: Reservation, asked: Asked, effort: Effort, *, refused: bool) -> Reservation:
        """The call is over, and nobody has said yet what it cost: hold what it has probably come to.

        Never less than was reserved, unless the endpoint `refused` it: then it is what is charged for any call, as long as
        nobody knows better.
        """
        if not self.ledger.is_limited:
            return reservation
        if refused:
            amount = metered(self._prices, effort.duration_s)
        else:
            probable = likely(self._prices, asked, duration_s=effort.duration_s, received_bytes=effort.received_bytes)
            amount = reservation.amount.largest(probable)
        revised = self.ledger.revise(reservation, amount)
        self._keep()
        return revised

    def settle(
        self, reservation: Reservation, usd: float | None, tokens: int | None, *, answered: bool, why: Why | None = None
    ) -> None:
        """It cost this. `answered`: whole, so that its cost ought to be known; `why` it is not."""
        nano_usd = None if usd is None else max(0, round(usd * NANO))
        self.ledger.settle(reservation, nano_usd, tokens, answered=answered, why=why)
        self._keep()

    def _keep(self) -> None:
        if self._file is not None:
            self._file.keep(self._options.name, self.ledger.spending)


def max_output_tokens(options: CandidateOptions, asked: int | None) -> int | None:
    """The bound on the answer that this candidate will be given; `asked` is the client's."""
    for name in _MAXIMUM_MEMBERS:
        if name in options.parameters:
            text = options.parameters[name]
            value = orjson.loads(text) if text is not None else None
            return value if isinstance(value, int) and value >= 0 else None
    most = [
        bounds.most for name, bounds in options.clamp.items() if name in _MAXIMUM_MEMBERS and bounds.most is not None
    ]
    return min((asked, *map(int, most))) if asked is not None else None


def prices_of(options: CandidateOptions) -> Prices:
    """What is known of a candidate's prices before it is called."""
    return Prices(
        input_usd=options.input_usd_per_token,
        output_usd=options.output_usd_per_token,
        second_usd=options.usd_per_second,
        request_usd=options.usd_per_request,
        default_usd=options.budgets.reserve_usd,
        default_output_tokens=options.budgets.reserve_output_tokens,
    )


def _policy(options: CandidateOptions) -> BudgetPolicy:
    given = options.budgets
    return BudgetPolicy(
        usd_hour=given.usd_per_hour,
        usd_day=given.usd_per_day,
        usd_total=given.usd_total,
        tokens_hour=given.tokens_per_hour,
        tokens_day=given.tokens_per_day,
        tokens_total=given.tokens_total,
        unknown=given.unknown_price,
    )
