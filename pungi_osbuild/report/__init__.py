"""What people look at: tables, problem lists, and the same as JSON."""

from pungi_osbuild.report.junit import junit_lines
from pungi_osbuild.report.plans import plan_json, plan_table
from pungi_osbuild.report.problems import problem_lines, problem_summary
from pungi_osbuild.report.result import result_json, result_table

__all__ = [
    "junit_lines",
    "plan_json",
    "plan_table",
    "problem_lines",
    "problem_summary",
    "result_json",
    "result_table",
]
