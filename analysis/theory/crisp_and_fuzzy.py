"""What hill-climbing on crisp tasks leaves undone: selection on a proxy, and exhausted benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
# Of the improvers that the chart of exhausted benchmarks shows, the slowest first.
SPEEDS = (0.25, 1.0, 4.0)


def expected_maximum(draws: int) -> float:
    """Mean of the largest of independent standard normal draws.

    Parameters
    ----------
    draws : int
        Number of draws, at least 1.

    Returns
    -------
    float
        The mean, in standard deviations.

    Raises
    ------
    ValueError
        If there is no draw.

    References
    ----------
    David & Nagaraja (2003): for a law symmetric about zero, the mean is the integral of
    1 - F**n - (1 - F)**n over the positive half line.
    """
    from scipy.integrate import quad
    from scipy.special import log_ndtr, ndtr

    if draws < 1:
        raise ValueError(f"the best of nothing is not defined; received {draws} draws")

    def tail(x: float) -> float:
        return -np.expm1(draws * log_ndtr(x)) - ndtr(-x) ** draws

    return float(quad(tail, 0, 10, epsabs=1e-12, limit=200)[0])


def best_of(draws: int, validity: ArrayLike) -> tuple[float, Array]:
    """Proxy and true value of the candidate that a proxy ranks first.

    Parameters
    ----------
    draws : int
        Number of candidates; value and proxy are standard normal in the field.
    validity : array_like
        Correlation of the proxy with the true value.

    Returns
    -------
    proxy : float
        Mean proxy of the chosen candidate, in standard deviations.
    value : ndarray
        Mean true value of the chosen candidate: the proxy's, times the validity.

    References
    ----------
    Manheim & Garrabrant (2018), regressional Goodhart.
    """
    proxy = expected_maximum(draws)
    return proxy, np.asarray(validity, float) * proxy


def simulate_best_of(
    draws: int, validity: float, contests: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Proxy and true value of the candidate ranked first, in many contests.

    Parameters
    ----------
    draws, validity : int or float
        As in :func:`best_of`.
    contests : int
        Number of contests.
    rng : Generator
        Source of the candidates.

    Returns
    -------
    proxy, value : ndarray
        Of the chosen candidate, one number a contest.
    """
    value = rng.standard_normal((contests, draws))
    proxy = validity * value + np.sqrt(1 - validity**2) * rng.standard_normal((contests, draws))
    rows, chosen = np.arange(contests), proxy.argmax(axis=1)
    return proxy[rows, chosen], value[rows, chosen]


def judge_agreement(shared_bias: ArrayLike, own_error: ArrayLike) -> Array:
    """Correlation between two judges of the same work.

    A judgement is true value of unit variance, plus a bias all judges share, plus an error of
    the judge's own; all independent.

    Parameters
    ----------
    shared_bias, own_error : array_like
        Standard deviations, in units of the true value's.

    Returns
    -------
    ndarray
        The correlation: 1 where judges do not disagree, which is what makes a task crisp.
    """
    common = 1 + np.square(shared_bias)
    return common / (common + np.square(own_error))


def judge_validity(shared_bias: ArrayLike, own_error: ArrayLike, judges: ArrayLike = 1) -> Array:
    """Correlation of the mean of several judges with the true value.

    Parameters
    ----------
    shared_bias, own_error : array_like
        As in :func:`judge_agreement`.
    judges : array_like
        Number of judges whose mean is taken; may be infinite.

    Returns
    -------
    ndarray
        The correlation; many judges remove their own errors and never the shared bias.

    References
    ----------
    Spearman (1910) and Brown (1910) for the part the number of judges plays.
    """
    noise = np.square(own_error) / np.asarray(judges, float)
    return 1 / np.sqrt(1 + np.square(shared_bias) + noise)


def simulate_judges(
    shared_bias: float, own_error: float, judges: int, works: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """True value and judgements of many works.

    Parameters
    ----------
    shared_bias, own_error : float
        As in :func:`judge_agreement`.
    judges, works : int
        Number of judges and of works.
    rng : Generator
        Source of values and errors.

    Returns
    -------
    value : ndarray
        One a work.
    judgements : ndarray
        Works × judges.
    """
    value = rng.standard_normal(works)
    common = value + shared_bias * rng.standard_normal(works)
    return value, common[:, None] + own_error * rng.standard_normal((works, judges))


def measured_progress(
    years: ArrayLike, speed: float, making: float, stock: float
) -> tuple[Array, Array]:
    """Progress of an improver that closes a fixed share of the gap to what is measured.

    What can be measured is a stock of headroom today and grows as new benchmarks are made.

    Parameters
    ----------
    years : array_like
        Times, from 0.
    speed : float
        Share of the remaining headroom closed, per year, continuously; positive.
    making : float
        Headroom that new benchmarks add in a year.
    stock : float
        Headroom in today's benchmarks.

    Returns
    -------
    progress : ndarray
        Headroom used up by each time; it grows by `making` a year in the long run.
    limit : ndarray
        Headroom made by each time.
    """
    years = np.asarray(years, float)
    limit = stock + making * years
    gap = making / speed + (stock - making / speed) * np.exp(-speed * years)
    return limit - gap, limit


def years_of_plenty(speed: ArrayLike, making: ArrayLike, stock: ArrayLike) -> Array:
    """Years until progress owes more to new benchmarks than to today's stock of them.

    Parameters
    ----------
    speed, making, stock : array_like
        As in :func:`measured_progress`; positive.

    Returns
    -------
    ndarray
        Time at which the pace of progress from the old stock has fallen to the pace of making;
        zero if it never exceeded it.
    """
    ratio = np.asarray(speed) * np.asarray(stock) / np.asarray(making)
    return np.log(np.maximum(ratio, 1.0)) / np.asarray(speed)


def simulate_improver(
    years: float, speed: float, making: float, stock: float, histories: int, rng: np.random.Generator,
    size: float = 0.25,
) -> Array:
    """Progress by a given year when benchmarks are made at random times.

    Benchmarks come as a Poisson process, each with an exponential amount of headroom.

    Parameters
    ----------
    years : float
        Time to report.
    speed, making, stock : float
        As in :func:`measured_progress`.
    histories : int
        Number of histories.
    rng : Generator
        Source of the benchmarks.
    size : float
        Mean headroom of a new benchmark.

    Returns
    -------
    ndarray
        Headroom used up, one number a history.
    """
    made = rng.poisson(making / size * years, size=histories)
    owner = np.repeat(np.arange(histories), made)
    age = rng.uniform(0, years, size=made.sum())
    used = rng.exponential(size, size=made.sum()) * -np.expm1(-speed * age)
    return -np.expm1(-speed * years) * stock + np.bincount(owner, used, minlength=histories)


def speed_up(crisp_share: ArrayLike, factor: ArrayLike) -> Array:
    """How much faster a field moves when its crisp work alone is accelerated.

    Parameters
    ----------
    crisp_share : array_like
        Share of the field's work, in time, that is crisp; in [0, 1].
    factor : array_like
        How much faster crisp work is done; may be infinite.

    Returns
    -------
    ndarray
        The speed-up of the whole; at most one over the fuzzy share.

    References
    ----------
    Amdahl (1967).
    """
    crisp = np.asarray(crisp_share, float)
    with np.errstate(divide="ignore"):
        return 1 / ((1 - crisp) + crisp / np.asarray(factor, float))


def simulate_projects(
    crisp_share: float, factor: float, steps: int, projects: int, rng: np.random.Generator
) -> Array:
    """Speed-up of random projects whose steps are crisp or fuzzy.

    Parameters
    ----------
    crisp_share, factor : float
        As in :func:`speed_up`.
    steps : int
        Steps of a project, each of an exponential length, crisp with chance `crisp_share`.
    projects : int
        Number of projects.
    rng : Generator
        Source of the steps.

    Returns
    -------
    ndarray
        Time without over time with acceleration, one number a project.
    """
    length = rng.exponential(size=(projects, steps))
    crisp = rng.uniform(size=length.shape) < crisp_share
    return length.sum(axis=1) / np.where(crisp, length / factor, length).sum(axis=1)


def selection_grid(
    rng: np.random.Generator,
    draws: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    validities: Sequence[float] = (0.2, 0.4, 0.6, 0.8, 1),
    contests: int = 500,
) -> pd.DataFrame:
    """Proxy and true value of the best of n over a grid, for a chart.

    Parameters
    ----------
    rng : Generator
        Source of the simulated contests.
    draws : sequence of int
        Numbers of candidates.
    validities : sequence of float
        Correlations of the proxy with the true value.
    contests : int
        Contests simulated for each pair.

    Returns
    -------
    DataFrame
        Columns `candidates, validity, kind` (what the proxy says or what it is worth),
        `expected, simulated`.
    """
    import pandas as pd

    rows = []
    for n in draws:
        for validity in validities:
            said, worth = best_of(n, validity)
            proxy, value = simulate_best_of(n, validity, contests, rng)
            rows.append((n, validity, "what the proxy says", said, proxy.mean()))
            rows.append((n, validity, "what it is worth", float(worth), value.mean()))
    return pd.DataFrame(rows, columns=["candidates", "validity", "kind", "expected", "simulated"])


def progress_grid(
    years: Sequence[float] = tuple(range(17)),
    speeds: Sequence[float] = SPEEDS,
    makings: Sequence[float] = (0, 0.5, 1, 2),
    stocks: Sequence[float] = (4, 40),
) -> pd.DataFrame:
    """Progress and its limit over a grid, for a chart.

    Parameters
    ----------
    years, speeds, makings, stocks : sequence of float
        As in :func:`measured_progress`; the grid is their product.

    Returns
    -------
    DataFrame
        Columns `year, speed, making, stock, progress, limit`.
    """
    import pandas as pd

    frames = [
        pd.DataFrame(
            {"year": years, "speed": speed, "making": making, "stock": stock}
        ).assign(**dict(zip(("progress", "limit"), measured_progress(years, speed, making, stock), strict=True)))
        for speed in speeds
        for making in makings
        for stock in stocks
    ]
    return pd.concat(frames, ignore_index=True)


def speed_up_grid(
    crisp_shares: Sequence[float] = tuple(np.linspace(0, 0.95, 20)),
    factors: Sequence[float] = (2, 10, np.inf),
) -> pd.DataFrame:
    """Speed-up of a field over a grid, for a chart.

    Parameters
    ----------
    crisp_shares, factors : sequence of float
        As in :func:`speed_up`; the grid is their product.

    Returns
    -------
    DataFrame
        Columns `crisp_share, factor` (in words), `speed_up`.
    """
    import pandas as pd

    rows = [
        (share, "without limit" if np.isinf(factor) else f"{factor:g} times", float(speed_up(share, factor)))
        for factor in factors
        for share in crisp_shares
    ]
    return pd.DataFrame(rows, columns=["crisp_share", "factor", "speed_up"])
