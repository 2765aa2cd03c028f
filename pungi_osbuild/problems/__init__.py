"""What can be wrong with a config, and how it is said: code, severity, place, message, hint."""

from pungi_osbuild.problems.codes import PROBLEM_CODES, ProblemCode
from pungi_osbuild.problems.problem import (
    ConfigError,
    Problem,
    Problems,
    Severity,
    along,
    has_errors,
    within,
)
from pungi_osbuild.problems.wording import bad_key, missing_key, suggest, unknown_key, wrong_type

__all__ = [
    "PROBLEM_CODES",
    "ConfigError",
    "Problem",
    "ProblemCode",
    "Problems",
    "Severity",
    "along",
    "bad_key",
    "has_errors",
    "missing_key",
    "suggest",
    "unknown_key",
    "within",
    "wrong_type",
]
