"""What people look at: tables, problem lists, the HTML report, and the same as JSON."""

from pungi_osbuild.report.cloudimageval import cloud_image_val
from pungi_osbuild.report.differences import (
    NOTHING,
    Differences,
    Expected,
    differences,
    expected_of,
)
from pungi_osbuild.report.excerpts import Excerpt, excerpts
from pungi_osbuild.report.imagelist import image_ids, images_json, images_table
from pungi_osbuild.report.junit import failed_junit_lines, junit_lines
from pungi_osbuild.report.page import report_page
from pungi_osbuild.report.pageview import PageView, page_view
from pungi_osbuild.report.plans import plan_json, plan_table
from pungi_osbuild.report.problems import problem_lines, problem_summary
from pungi_osbuild.report.progress import (
    activity_line,
    headline,
    live_view,
    progress_json,
    progress_table,
    styled,
)
from pungi_osbuild.report.result import result_json, result_table
from pungi_osbuild.report.streammetadata import StreamMetadata, stream_metadata
from pungi_osbuild.report.tables import comparison_lines
from pungi_osbuild.report.typelist import types_json, types_table

__all__ = [
    "NOTHING",
    "Differences",
    "Excerpt",
    "Expected",
    "PageView",
    "StreamMetadata",
    "activity_line",
    "cloud_image_val",
    "comparison_lines",
    "differences",
    "excerpts",
    "expected_of",
    "failed_junit_lines",
    "headline",
    "image_ids",
    "images_json",
    "images_table",
    "junit_lines",
    "live_view",
    "page_view",
    "plan_json",
    "plan_table",
    "problem_lines",
    "problem_summary",
    "progress_json",
    "progress_table",
    "report_page",
    "result_json",
    "result_table",
    "stream_metadata",
    "styled",
    "types_json",
    "types_table",
]
