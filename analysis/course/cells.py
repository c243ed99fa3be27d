"""What happens inside the confined process: cells are executed, and answers are written down as plain data.

Nothing here is trusted by whoever reads it: the student's code runs in the same process and may write what it likes.
All it can say is what the answers are, and whether they are right is judged elsewhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def run_cells(cells: Sequence[Mapping[str, Any]], channel: int, most: int) -> None:
    """Execute the code cells of a notebook in order, going on after one that raises.

    Parameters
    ----------
    cells
        Each with `source`, or with `label` and `asks`: then the variables of these names are written down.
    channel
        File descriptor to write to: one JSON object a line.
    most
        Longest line, in bytes.
    """
    shell = quiet_shell() if cells else None
    for number, cell in enumerate(cells, start=1):
        for event in events_of(shell, cell, number):
            line = json.dumps(event).encode()
            tell(channel, line if len(line) < most else json.dumps(too_large(event)).encode())
    tell(channel, b'{"done": true}')


def too_large(event: Mapping[str, Any]) -> dict[str, Any]:
    """What to say of answers that are too large to be written down."""
    odd = dict.fromkeys(event.get("answers", ()), "it holds far more values than were asked for")
    return {**event, "answers": {}, "odd": odd}


def tell(channel: int, line: bytes) -> None:
    """Write a line, all of it."""
    rest = line + b"\n"
    while rest:
        rest = rest[os.write(channel, rest) :]


def quiet_shell() -> Any:
    """An interactive Python, with magics and without history."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = lambda *_, **__: None
    return shell


def events_of(shell: Any, cell: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Execute a cell, or take answers; yield what there is to tell."""
    if "label" in cell:
        answers, odd = taken(shell.user_ns, cell["asks"])
        yield {"label": cell["label"], "answers": answers, "odd": odd}
        return
    result = shell.run_cell(cell["source"], store_history=False, silent=False)
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        yield {"error": type(error).__name__[:100], "text": text_of(error), "cell": number}


def text_of(error: BaseException) -> str:
    """The message of an error; empty where even asking for it fails."""
    try:
        return str(error)[:300]
    except BaseException:
        return ""


def taken(names: Mapping[str, Any], asks: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the variables asked for as plain data, and a hint for each that cannot be read."""
    from analysis.course.answers import Odd, plain

    answers, odd = {}, {}
    for name in asks:
        if name in names:
            try:
                answers[name] = plain(names[name])
            except Odd as error:
                odd[name] = str(error)
    return answers, odd
