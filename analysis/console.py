"""What a build says while it runs."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Quiet:
    """Says nothing."""

    def __enter__(self) -> Quiet:
        """Begin."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End."""

    def expect(self, count: int) -> None:
        """Learn how many steps are to come."""

    def say(self, line: str) -> None:
        """Learn something."""

    def step(self, name: str, note: str) -> None:
        """Learn that a step is done."""


class Display(Quiet):
    """A line for each step as it is done, and on a terminal a bar that shows how far the build is.

    Parameters
    ----------
    steps
        What the steps are.
    """

    def __init__(self, steps: str = "chapters") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True, highlight=False, markup=False)
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        self._progress: Progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._bar: TaskID = self._progress.add_task(steps, total=None)

    def __enter__(self) -> Display:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def expect(self, count: int) -> None:
        """Set the length of the bar."""
        self._progress.update(self._bar, total=count)

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, soft_wrap=True)

    def step(self, name: str, note: str) -> None:
        """Print a step with a note, and lengthen the bar."""
        self.say(f"  {name:<45} {note:>10}")
        self._progress.advance(self._bar)
