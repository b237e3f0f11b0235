"""The problems, by name."""

from __future__ import annotations

from benchmarks.problem import Problem
from benchmarks.problems import (
    burgers,
    chain,
    glove,
    heat,
    logistic_arrays,
    logistic_loops,
    logistic_scalar,
    lstm,
    mixture_arrays,
    mixture_loops,
    n_body,
    perceptron,
    recurrence,
)

PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        logistic_scalar.PROBLEM,
        logistic_arrays.PROBLEM,
        logistic_loops.PROBLEM,
        perceptron.PROBLEM,
        mixture_loops.PROBLEM,
        mixture_arrays.PROBLEM,
        chain.PROBLEM,
        heat.BOTH,
        heat.STATE,
        burgers.PROBLEM,
        lstm.PROBLEM,
        recurrence.PROBLEM,
        n_body.PROBLEM,
        glove.PROBLEM,
    )
}
