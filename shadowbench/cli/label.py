"""`shadowbench label`: people say which answer is better, blind and in random order. What they say is in the log at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shadowbench.cli.keyboard import Keyboard, keyboard
from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError
from shadowbench.judges.conversation import conversation_of
from shadowbench.judges.showing import Showing, show
from shadowbench.metrics.behaviour.languages import language_of
from shadowbench.metrics.view import PairView
from shadowbench.scores import PairRef, Position
from shadowbench.scoring.calibration.evidence import facts_in, said_by_single
from shadowbench.scoring.calibration.label_queue import Queue, draw, stratum_of, todo
from shadowbench.scoring.calibration.label_queue_file import load, save
from shadowbench.scoring.calibration.labelling import Prompt, prompts_for, questions_of, step
from shadowbench.scoring.calibration.people import PREFERENCE
from shadowbench.scoring.calibration.questions import questions_in
from shadowbench.scoring.views import views
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log, open_score_log, path_of
from shadowbench.store.scoring import ScoreLog

if TYPE_CHECKING:
    from rich.console import Console

NOTHING_TO_LABEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """`size`, `twice`, `seed`: of a queue that is drawn now; one that is there goes on as it is."""

    log_url: str
    labeller: str
    question: str = PREFERENCE
    size: int = 100
    twice: float = 0.1
    seed: str = "shadowbench"
    queue: Path | None = None  # None: beside the log
    redact_identity: bool = True
    configured: frozenset[str] = frozenset()  # what judges of the configuration go by: ratings may be of it

    @property
    def showing(self) -> Showing:
        """How answers are shown; what cannot be told apart then is not asked about."""
        return Showing(redact_identity=self.redact_identity)

    @property
    def file(self) -> Path:
        """Where the queue is."""
        if self.queue is not None:
            return self.queue
        log = path_of(self.log_url)
        return log.with_name(f"{log.name}.labels-{self.question}.json")


def run_label(options: LabelOptions, clock: Callable[[], float]) -> int:
    """Ask until there is nothing to do or the labeller leaves; the exit code: 0, or 3 where there was nothing to ask."""
    _check(options)
    open_log(options.log_url, "change").close()  # a log of an older version is migrated
    with (
        closing(open_log(options.log_url, "read")) as log,
        closing(open_score_log(options.log_url, "change")) as scores,
    ):
        _check_question(options, scores, log.newest())
        queue = load(options.file) or _draw(options, log, scores, clock())
        if queue.question != options.question:
            raise ConfigurationError(
                f"{options.file} asks for {queue.question!r}; name another file with --queue, or --question {queue.question}"
            )
        tasks = todo(queue, scores.labels(), options.labeller, questions_of(queue.question))
        if not tasks:
            sys.stderr.write(_nothing(queue, options))
            return NOTHING_TO_LABEL
        with keyboard() as keys:
            sitting = Sitting(options, queue, log, scores, prompts_for(queue, tasks, options.labeller))
            sitting.run(keys, clock)
    return 0


class Sitting:
    """Shows, asks, keeps."""

    def __init__(
        self, options: LabelOptions, queue: Queue, log: PairLog, scores: ScoreLog, prompts: Sequence[Prompt]
    ) -> None:
        from rich.console import Console

        self._options, self._queue, self._log, self._scores = options, queue, log, scores
        self._prompts = prompts
        self._console = Console(highlight=False, soft_wrap=False)
        self._given: set[tuple[PairRef, str, int]] = set()  # a label that is given anew is still one
        self._on_screen: Prompt | None = None

    def run(self, keys: Keyboard, clock: Callable[[], float]) -> None:
        """Until the last prompt is answered, or the keys end."""
        at: int | None = 0
        while at is not None:
            prompt = self._prompts[at]
            if self._on_screen is not prompt and not self._show(prompt, at):
                at = at + 1 if at + 1 < len(self._prompts) else None  # deleted since the queue was drawn
                continue
            key = keys.read()
            done = step(self._prompts, at, key, queue=self._queue, labeller=self._options.labeller, now=clock())
            if done.label is not None:
                self._scores.put_labels([done.label])
                self._given.add((done.label.pair, done.label.question, done.label.round))
            if not done.is_understood and key:
                self._console.print(f"{key!r} means nothing here. {_help(prompt)}", markup=False)
            at = done.goes_to
        self._console.print(
            f"{counted(len(self._given), 'label')} kept. The same command goes on from here.", markup=False
        )

    def _show(self, prompt: Prompt, at: int) -> bool:
        view = _view(self._log, prompt.task.pair)
        if view is None:
            return False
        if self._on_screen is None or self._on_screen.task != prompt.task:
            _show_pair(self._console, view, prompt.position, self._options.showing)
        self._console.print(f"{at + 1} of {len(self._prompts)}   {_help(prompt)}", style="bold", markup=False)
        self._on_screen = prompt
        return True


def _show_pair(console: Console, view: PairView, position: Position, showing: Showing) -> None:
    """The request and both answers, neither of them with a name."""
    from rich.panel import Panel
    from rich.text import Text

    sides = (view.production, view.candidate)
    first, second = sides if position is Position.PRODUCTION_FIRST else reversed(sides)
    if console.is_terminal:
        console.clear()
    said = conversation_of(view.request) or "(the request was not kept)"
    for title, text in (
        ("Request", said),
        ("Answer 1", show(first, showing).text),
        ("Answer 2", show(second, showing).text),
    ):
        # Text, so that brackets in answers are brackets; control characters are gone, or an answer could play the terminal.
        console.print(
            Panel(Text(text), title=title, title_align="left", border_style="dim" if title == "Request" else "")
        )


def _help(prompt: Prompt) -> str:
    rest = "s skip   u back   q quit"
    if prompt.place is None:
        return f"Which is better?   1   2   t tie   {rest}"
    return f"How good is answer {prompt.place}, 1 (bad) to 5 (good)?   {rest}"


def _draw(options: LabelOptions, log: PairLog, scores: ScoreLog, now: float) -> Queue:
    """A new queue, kept beside the log."""
    upto = log.newest()
    compares = options.question == PREFERENCE
    facts = {
        pair: told
        for pair, told in facts_in(log, language_of, options.showing if compares else None).items()
        if told.both_answered and not told.identical and pair.number <= upto
    }
    said = said_by_single(scores, upto).values()
    strata = {p: stratum_of(told, [words[p] for words in said if p in words]) for p, told in facts.items()}
    queue = draw(
        strata,
        question=options.question,
        size=options.size,
        twice=options.twice,
        seed=options.seed,
        now=now,
        upto=upto,
    )
    if queue.items:
        save(options.file, queue)
    return queue


def _view(log: PairLog, pair: PairRef) -> PairView | None:
    page = log.page(after=pair.number - 1, upto=pair.number)
    return next((view for exchange in page.exchanges for view in views(exchange, pair.number, [pair.side])), None)


def _nothing(queue: Queue, options: LabelOptions) -> str:
    if not queue.items:
        return f"no pair of {options.log_url} has two answers that differ yet, so there is nothing to label\n"
    return (
        f"all of {options.file} is labelled ({counted(len(queue.items), 'pair')}); "
        "for more, name another file with --queue, and another --seed\n"
    )


def _check_question(options: LabelOptions, scores: ScoreLog, newest: int) -> None:
    """Labels that no judge is held against help nobody."""
    if options.question == PREFERENCE:
        return
    known = sorted({*options.configured, *questions_in(scores, newest)} - {PREFERENCE})
    if options.question not in known:
        there = ", ".join([PREFERENCE, *known])
        raise ConfigurationError(
            f"--question {options.question!r}: no judge goes by that, here or in the log; there are: {there}. "
            "Name a configuration with -c, where it has a judge that does"
        )


def _check(options: LabelOptions) -> None:
    if not options.labeller.strip():
        raise ConfigurationError("who labels? Name yourself with --labeller")
    if "/" in options.question or not options.question.strip():
        raise ConfigurationError(f"--question {options.question!r}: preference, or a criterion's or rubric's name")
