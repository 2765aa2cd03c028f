"""Reading the compose config: the `osbuild` section and what it needs of the rest."""

from pungi_osbuild.config.arches import ARCHES, arch_hint, meant_arch, named_arches
from pungi_osbuild.config.fallbacks import GENERATORS, resolve_release, resolve_version
from pungi_osbuild.config.nvr import resolved_nvr_problems
from pungi_osbuild.config.options import section_schema
from pungi_osbuild.config.patterns import (
    is_endless,
    matches,
    matching_blocks,
    nested_repetitions,
    pattern_of,
    pattern_place,
    repos_place,
    type_place,
    unmatched_patterns,
    written_patterns,
)
from pungi_osbuild.config.reader import Reading, read_config
from pungi_osbuild.config.source import Source, read_source
from pungi_osbuild.config.templates import unknown_template_fields
from pungi_osbuild.config.upload import field_problems
from pungi_osbuild.config.variants import read_variants

__all__ = [
    "ARCHES",
    "GENERATORS",
    "Reading",
    "Source",
    "arch_hint",
    "field_problems",
    "is_endless",
    "matches",
    "matching_blocks",
    "meant_arch",
    "named_arches",
    "nested_repetitions",
    "pattern_of",
    "pattern_place",
    "read_config",
    "read_source",
    "read_variants",
    "repos_place",
    "resolve_release",
    "resolve_version",
    "resolved_nvr_problems",
    "section_schema",
    "type_place",
    "unknown_template_fields",
    "unmatched_patterns",
    "written_patterns",
]
