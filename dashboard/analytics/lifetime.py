"""Which customers will order again, and how often: fits the buying models and asks them.

Parameters are found by maximum likelihood (L-BFGS on their logarithms, with exact slopes). Rows
that are alike are counted instead of repeated, and a large base starts from the fit of a part of
it. Where there is too little to fit, a model of usual customers at the data's own pace stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import gammaln
from threadpoolctl import threadpool_limits

from dashboard.analytics import lifetime_geometric, lifetime_pareto
from dashboard.analytics.lifetime_geometric import Family, Standing
from dashboard.analytics.survival import Floats

FEWEST_CUSTOMERS = 20  # before anything is fitted
FEWEST_REPEATERS = 5
MOST_STAGES = 6
_NOTICEABLE = 2.0  # in log-likelihood, before a more regular model is believed
_FIRST_PART = 8_000  # rows, from which a large base starts
_BOUNDS = (-9.0, 9.0)
_USUAL = {"r": 0.5, "a": 0.9, "b": 1.6}


@dataclass(frozen=True)
class BuyingModel:
    """A model with its parameters; time in weeks."""

    name: str  # bg_nbd, mbg_nbd, mbg_cnbd, pareto_nbd
    stages: int
    parameters: tuple[float, ...]
    log_likelihood: float
    customers: int
    is_fitted: bool = True

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return lifetime_pareto.NAMES if self.name == "pareto_nbd" else lifetime_geometric.NAMES

    @property
    def family(self) -> Family:
        return Family(self.stages, drops_at_start=self.name != "bg_nbd")


def fit_buying(
    name: str, summary: pd.DataFrame, *, stages: int = 1, start: BuyingModel | None = None
) -> BuyingModel:
    """
    From  repeats, last_age, age, log_gaps     one row per customer, as of `summarise_purchases`
    """
    if not can_fit(summary):
        return _usual_customers(name, summary, stages)
    rows, counts = _alike(summary)
    first = np.log(start.parameters) if start else _first_guess(name, summary)
    if len(rows) > 2 * _FIRST_PART:
        step = len(rows) // _FIRST_PART
        first = _climb(name, stages, first, rows[::step], counts[::step])[0]
    found, likelihood = _climb(name, stages, first, rows, counts)
    likelihood += _of_gaps(summary, stages)
    parameters = tuple(float(each) for each in np.exp(found))
    return BuyingModel(name, stages, parameters, likelihood, len(summary))


def can_fit(summary: pd.DataFrame) -> bool:
    """Whether there are enough customers, and repeaters among them, and time has passed."""
    repeaters = int((summary["repeats"] > 0).sum())
    grown = bool((summary["age"] > 0).any()) if len(summary) else False
    return len(summary) >= FEWEST_CUSTOMERS and repeaters >= FEWEST_REPEATERS and grown


def fit_regular(summary: pd.DataFrame, start: BuyingModel | None = None) -> BuyingModel:
    """The MBG/CNBD-k of the k that makes the data likeliest; with k = 1 it is the MBG/NBD."""
    best = fit_buying("mbg_nbd", summary, start=start)
    if not best.is_fitted:
        return best
    for stages in range(2, MOST_STAGES + 1):
        found = fit_buying("mbg_cnbd", summary, stages=stages)
        if found.log_likelihood <= best.log_likelihood + _NOTICEABLE:
            break
        best = found
    return best


def choose_buying(summary: pd.DataFrame, start: BuyingModel | None = None) -> BuyingModel:
    """The likeliest of BG/NBD, MBG/NBD and MBG/CNBD-k; `start` is of the same customers on another
    day: its kind is kept."""
    if start is not None and start.is_fitted:
        return fit_buying(start.name, summary, stages=start.stages, start=start)
    regular = fit_regular(summary)
    if regular.stages > 1:
        return regular
    simple = fit_buying("bg_nbd", summary)
    return simple if simple.log_likelihood > regular.log_likelihood else regular


def log_likelihood(model: BuyingModel, summary: pd.DataFrame) -> float:
    """Of the data under the model, gaps included, so that models can be compared."""
    if not len(summary):
        return 0.0
    total = float(_stand(model, *_numbers(summary)).log_likelihood.sum())
    return total + _of_gaps(summary, model.stages)


def chance_of_silence(model: BuyingModel, summary: pd.DataFrame, weeks: float) -> Floats:
    """The chance of no order in the weeks to come: L(x, t_x, T + H) ÷ L(x, t_x, T)."""
    if not len(summary):
        return np.zeros(0)
    repeats, last_age, age = _numbers(summary)
    later = _stand(model, repeats, last_age, age + weeks).log_likelihood
    now = _stand(model, repeats, last_age, age).log_likelihood
    return np.asarray(np.clip(np.exp(later - now), 0.0, 1.0))


def chance_to_be_active(model: BuyingModel, summary: pd.DataFrame) -> Floats:
    """P(alive): the chance that the customer has not stopped for good."""
    if not len(summary):
        return np.zeros(0)
    return np.asarray(1 - _stand(model, *_numbers(summary)).stopped)


def expect_orders(model: BuyingModel, summary: pd.DataFrame, weeks: float) -> Floats:
    """The mean number of orders in the weeks to come."""
    if not len(summary):
        return np.zeros(0)
    numbers = _numbers(summary)
    parameters = np.array(model.parameters)
    if model.name == "pareto_nbd":
        return lifetime_pareto.expect_orders(parameters, *numbers, weeks)
    return lifetime_geometric.expect_orders(model.family, parameters, *numbers, weeks)


def draw_orders(
    model: BuyingModel, summary: pd.DataFrame, weeks: float, thresholds: Floats
) -> tuple[Floats, Floats]:
    """The mean number of orders in the weeks to come, and draws of it: a row per customer, a
    column per threshold between 0 and 1. Not for the Pareto/NBD."""
    parameters = np.array(model.parameters)
    return lifetime_geometric.sum_tails(
        model.family, parameters, *_numbers(summary), weeks, thresholds
    )


def _stand(model: BuyingModel, repeats: Floats, last_age: Floats, age: Floats) -> Standing:
    return _stand_by(model.name, model.stages, np.array(model.parameters), repeats, last_age, age)


def _stand_by(
    name: str, stages: int, parameters: Floats, repeats: Floats, last_age: Floats, age: Floats
) -> Standing:
    if name == "pareto_nbd":
        return lifetime_pareto.stand(parameters, repeats, last_age, age)
    family = Family(stages, drops_at_start=name != "bg_nbd")
    return lifetime_geometric.stand(family, parameters, repeats, last_age, age)


def _climb(
    name: str, stages: int, first: Floats, rows: Floats, counts: Floats
) -> tuple[Floats, float]:
    """The logarithms of the likeliest parameters, and the log-likelihood there."""
    people = counts.sum()

    def uphill(logs: Floats) -> tuple[float, Floats]:
        now = _stand_by(name, stages, np.exp(logs), rows[:, 0], rows[:, 1], rows[:, 2])
        value = float((now.log_likelihood * counts).sum())
        return -value / people, -(now.slope * counts[:, None]).sum(axis=0) / people

    with threadpool_limits(1):  # four numbers: threads would only wait for each other
        found = minimize(
            uphill, first, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * len(first),
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )  # fmt: skip
    return np.asarray(found.x), float(-found.fun * people)


def _alike(summary: pd.DataFrame) -> tuple[Floats, Floats]:
    """The unlike rows of repeats, last_age and age, and how many customers each stands for."""
    numbers = pd.DataFrame(dict(zip("xtT", _numbers(summary), strict=True)))
    counted = numbers.groupby(["x", "t", "T"], sort=False).size().reset_index(name="n")
    unlike = counted.to_numpy(dtype=np.float64)
    return unlike[:, :3], unlike[:, 3]


def _numbers(summary: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    repeats, last_age, age = (
        summary[name].to_numpy(np.float64) for name in ("repeats", "last_age", "age")
    )
    return repeats, np.minimum(last_age, age), age


def _of_gaps(summary: pd.DataFrame, stages: int) -> float:
    """The part of the log-likelihood that hangs on the single gaps; nothing for one stage."""
    if stages == 1:
        return 0.0
    total = (stages - 1) * summary["log_gaps"].sum()
    return float(total - summary["repeats"].sum() * gammaln(stages))


def _first_guess(name: str, summary: pd.DataFrame) -> Floats:
    pace = _weeks_per_order(summary)
    if name == "pareto_nbd":
        return np.log([0.7, 0.7 * pace, 0.7, max(float(summary["age"].mean()), 1.0)])
    return np.log([0.7, 0.7 * pace, 0.8, 2.0])


def _usual_customers(name: str, summary: pd.DataFrame, stages: int) -> BuyingModel:
    """Stands in where nothing can be fitted."""
    pace = _weeks_per_order(summary)
    r = _USUAL["r"] * stages
    last = (0.6, 40.0) if name == "pareto_nbd" else (_USUAL["a"], _USUAL["b"])
    model = BuyingModel(name, stages, (r, _USUAL["r"] * pace, *last), 0.0, len(summary), False)
    likelihood = log_likelihood(model, summary)
    return BuyingModel(name, stages, model.parameters, likelihood, len(summary), False)


def _weeks_per_order(summary: pd.DataFrame) -> float:
    weeks = float(summary["last_age"].sum()) if len(summary) else 0.0
    repeats: npt.NDArray[np.float64] = summary["repeats"].to_numpy(np.float64)
    return float(np.clip(weeks / max(repeats.sum(), 1.0), 0.2, 200.0)) if weeks > 0 else 8.0
