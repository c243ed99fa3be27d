"""What a check asks for, variable by variable: how an answer is read, compared and diagnosed.

The right value is a function of the setting. So is each known mistake: the judge computes what somebody
gets who forgets to turn a sign or takes the wrong population, and gives the hint that goes with it. Hints
are plain sentences without numbers, so that none can give the answer away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analysis.course.answers import Odd, number, plain, text
from analysis.course.setting import NotCheckable
from analysis.problems import InputError

if TYPE_CHECKING:
    from analysis.course.setting import Given

PERCENT = "it looks like a percentage: this book keeps correlations and shares as plain proportions"
UNDIVIDED = "it looks much too small: was a proportion divided as if it were a percentage?"
SIGN = "the size is right and the sign is not: which way is the safe direction, and which difference was taken?"
SOME_SIGNS = "the sizes are right, but not all signs are: which way is the safe direction?"
CLOSE = "it is close, but not within rounding: keep all digits until the end, and look at ties and missing scores"
NEIGHBOUR = (
    "it is just beside the right count: was something counted that should not be, or an end of the range forgotten?"
)
UNREADABLE = "it cannot be read: hand over plain numbers or text"
WHOLE = "a whole number is asked for"


class Kind(Protocol):
    """A kind of answer."""

    def read(self, answer: Any, given: Given) -> Any:
        """Return the answer in the form that is compared, or raise `Odd` with a hint."""

    def agrees(self, answer: Any, value: Any) -> bool:
        """Whether an answer that was read is that value."""

    def near(self, answer: Any, value: Any) -> str:
        """A hint if the answer is related to the right value in a usual way; empty otherwise."""


@dataclass(frozen=True)
class Number:
    """A number.

    Parameters
    ----------
    tolerance
        Largest distance from the right value.
    relative
        Largest distance as a share of the right value; the larger of the two counts.
    least, most
        Ends of the scale.
    scale
        What the number is, for the hint on a value outside the scale: "a correlation".
    """

    tolerance: float = 0.005
    relative: float = 0.0
    least: float = float("-inf")
    most: float = float("inf")
    scale: str = ""

    def read(self, answer: Any, given: Given) -> float:
        """Return a finite number."""
        if type(answer) is list and len(answer) == 2 and self.scale == "a correlation":
            raise Odd("it holds several values: `correlation.spearman` returns ρ and the number of pairs; take ρ alone")
        return number(answer)

    def agrees(self, answer: float, value: float) -> bool:
        """Whether a number is within the tolerance."""
        return abs(answer - value) <= max(self.tolerance, self.relative * abs(value)) + 1e-12

    def near(self, answer: float, value: float) -> str:
        """Recognise percentages, signs, values outside the scale and coarse rounding."""
        related = {PERCENT: answer / 100, UNDIVIDED: answer * 100, SIGN: -answer}
        found = next((hint for hint, turned in related.items() if self.agrees(turned, value)), "")
        if found:
            return found
        if not self.least <= answer <= self.most:
            return f"it lies outside the scale of {self.scale}"
        allowed = max(self.tolerance, self.relative * abs(value))
        return CLOSE if abs(answer - value) <= 4 * allowed else ""


CORRELATION = Number(least=-1, most=1, scale="a correlation")
SHARE = Number(least=0, most=1, scale="a share")


@dataclass(frozen=True)
class Count:
    """A whole number, exactly."""

    def read(self, answer: Any, given: Given) -> int:
        """Return a whole number."""
        if type(answer) in (list, dict):
            raise Odd("it holds several values: a count is asked for, perhaps their `len`")
        value = number(answer)
        if value != int(value):
            raise Odd(WHOLE)
        return int(value)

    def agrees(self, answer: int, value: int) -> bool:
        """Whether the numbers are equal."""
        return answer == value

    def near(self, answer: int, value: int) -> str:
        """Recognise counts below nothing and those just beside."""
        if answer < 0:
            return "a count cannot be negative"
        return NEIGHBOUR if abs(answer - value) == 1 else ""


Spellings = Callable[["Given"], Mapping[str, str]]


@dataclass(frozen=True)
class Name:
    """One name out of a list; where several are right, any of them.

    Parameters
    ----------
    known
        The names that can be given, each with the id that it stands for.
    noun
        What is named: "benchmark".
    """

    known: Spellings
    noun: str

    def read(self, answer: Any, given: Given) -> str:
        """Return the id."""
        return identified([text(answer)], self.known(given), self.noun)[0]

    def agrees(self, answer: str, value: frozenset[str]) -> bool:
        """Whether the id is among the right ones."""
        return answer in value

    def near(self, answer: str, value: frozenset[str]) -> str:
        """Nothing is near to a name."""
        return ""


@dataclass(frozen=True)
class Names:
    """A set of names, in any order.

    Parameters
    ----------
    known, noun
        As for :class:`Name`.
    """

    known: Spellings
    noun: str

    def read(self, answer: Any, given: Given) -> frozenset[str]:
        """Return the ids."""
        if type(answer) not in (list, dict):
            raise Odd(f"a list is asked for, with the name of each {self.noun}")
        return frozenset(identified([text(each) for each in answer], self.known(given), self.noun))

    def agrees(self, answer: frozenset[str], value: frozenset[str]) -> bool:
        """Whether the sets are equal."""
        return answer == value

    def near(self, answer: frozenset[str], value: frozenset[str]) -> str:
        """Say whether names are missing or do not belong."""
        if not answer & value and answer and value:
            return f"no {self.noun} in it belongs there"
        missing = f"at least a {self.noun} that belongs there is missing" if value - answer else ""
        more = f"at least a {self.noun} in it does not belong" if answer - value else ""
        return ", and ".join(filter(None, [missing, more]))


def identified(answers: list[str], known: Mapping[str, str], noun: str) -> list[str]:
    """Return the ids that names stand for."""
    found = [known.get(each, known.get(each.casefold())) for each in answers]
    if None in found:
        raise Odd(f"no {noun} goes by that name here: take the name from the table, spelt as it stands there")
    return found


@dataclass(frozen=True)
class Numbers:
    """Several numbers in a given order, or as many with a name each.

    Parameters
    ----------
    of
        How each is compared.
    known, noun
        As for :class:`Name`, for numbers by name; None for a sequence.
    """

    of: Number
    known: Spellings | None = None
    noun: str = "value"

    def read(self, answer: Any, given: Given) -> Any:
        """Return a list of numbers, or a dict of them by id."""
        if type(answer) is not (list if self.known is None else dict):
            raise Odd(self.shape())
        if self.known is None:
            return [number(each) for each in answer]
        ids = identified([text(each) for each in answer], self.known(given), self.noun)
        return dict(zip(ids, map(number, answer.values()), strict=True))

    def shape(self) -> str:
        """Say which form the answer should have."""
        if self.known is None:
            return "a list or array of numbers is asked for"
        return f"a dict or a series is asked for, with the name of each {self.noun} and its number"

    def agrees(self, answer: Any, value: Any) -> bool:
        """Whether there are as many numbers, under the same names, and all of them agree."""
        if not same_places(answer, value):
            return False
        return all(self.of.agrees(mine, right) for mine, right in paired(answer, value))

    def near(self, answer: Any, value: Any) -> str:
        """Say whether places or values are wrong, and how."""
        if not same_places(answer, value):
            return self.misplaced(answer, value)
        wrong = [(mine, right) for mine, right in paired(answer, value) if not self.of.agrees(mine, right)]
        hints = {self.of.near(mine, right) for mine, right in wrong}
        return SOME_SIGNS if hints == {SIGN} else hints.pop() if len(hints) == 1 else ""

    def misplaced(self, answer: Any, value: Any) -> str:
        """Say whether there are too many or too few."""
        if type(value) is dict:
            return Names(self.known, self.noun).near(frozenset(answer), frozenset(value))
        return f"it holds {'more' if len(answer) > len(value) else 'fewer'} numbers than are asked for"


def same_places(answer: Any, value: Any) -> bool:
    """Whether two lists are of one length, or two dicts have the same keys."""
    return answer.keys() == value.keys() if type(value) is dict else len(answer) == len(value)


def paired(answer: Any, value: Any) -> list[tuple[float, float]]:
    """Return what stands in the same place of two lists or under the same key of two dicts."""
    return [(answer[key], value[key]) for key in (value if type(value) is dict else range(len(value)))]


@dataclass(frozen=True)
class Such:
    """Numbers with a property, of which there are many right ones.

    Parameters
    ----------
    fault
        Returns what is wrong with a list of numbers, as a hint; empty where nothing is.
    """

    fault: Callable[[list[float]], str]

    def read(self, answer: Any, given: Given) -> list[float]:
        """Return the numbers."""
        if type(answer) is not list:
            raise Odd("a list or array of numbers is asked for")
        return [number(each) for each in answer]

    def agrees(self, answer: list[float], value: Any) -> bool:
        """Whether nothing is wrong with them."""
        return not self.fault(answer)

    def near(self, answer: list[float], value: Any) -> str:
        """Say what is wrong."""
        return self.fault(answer)


@dataclass(frozen=True)
class Mistake:
    """What somebody gets who makes a known mistake, and the hint for it."""

    value: Callable[[Given], Any]
    hint: str


@dataclass(frozen=True)
class Asked:
    """One variable that a check asks for.

    Parameters
    ----------
    name
        Its name.
    kind
        How it is read and compared.
    value
        The right value, computed from the setting.
    hint
        Where to look, when nothing more is known of what went wrong.
    mistakes
        Known mistakes; one whose value is also right, or cannot be computed from these scores, says nothing.
    """

    name: str
    kind: Kind
    value: Callable[[Given], Any]
    hint: str
    mistakes: tuple[Mistake, ...] = ()

    def fault(self, raw: object, value: Any, given: Given) -> str:
        """Say what is wrong with an answer.

        An answer is a stranger's object: should reading it fail in a way that nobody thought of, that is a hint too.

        Parameters
        ----------
        raw
            Anything.
        value
            The right value.
        given
            The setting's.

        Returns
        -------
        str
            A hint; empty where the answer is right.
        """
        try:
            answer = self.kind.read(plain(raw), given)
        except Odd as odd:
            return str(odd)
        except Exception:
            return UNREADABLE
        if self.kind.agrees(answer, value):
            return ""
        made = (hint for hint, mistaken in made_by(self.mistakes, given) if self.kind.agrees(answer, mistaken))
        return next(made, "") or self.kind.near(answer, value) or self.hint


def made_by(mistakes: tuple[Mistake, ...], given: Given) -> Iterator[tuple[str, Any]]:
    """Yield the hint and the wrong value of each mistake that can be made on these scores."""
    for mistake in mistakes:
        with suppress(NotCheckable, InputError):
            yield mistake.hint, given.value(mistake.value)
