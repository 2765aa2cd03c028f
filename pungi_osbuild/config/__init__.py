"""Reading the compose config: the `osbuild` section and what it needs of the rest."""

from pungi_osbuild.config.arches import ARCHES, meant_arch, named_arches
from pungi_osbuild.config.cloudfields import field_problems
from pungi_osbuild.config.generators import GENERATORS, resolve_release, resolve_version
from pungi_osbuild.config.matching import (
    is_endless,
    matches,
    matching_blocks,
    nested_repetitions,
    unmatched_patterns,
    written_patterns,
)
from pungi_osbuild.config.nvr import resolved_nvr_problems
from pungi_osbuild.config.places import of_block, of_pattern, option_place
from pungi_osbuild.config.reader import Reading, read_config
from pungi_osbuild.config.salvage import flawed_upload_fields
from pungi_osbuild.config.schema import described, section_schema
from pungi_osbuild.config.source import Source, read_source
from pungi_osbuild.config.variants import read_variants

__all__ = [
    "ARCHES",
    "GENERATORS",
    "Reading",
    "Source",
    "described",
    "field_problems",
    "flawed_upload_fields",
    "is_endless",
    "matches",
    "matching_blocks",
    "meant_arch",
    "named_arches",
    "nested_repetitions",
    "of_block",
    "of_pattern",
    "option_place",
    "read_config",
    "read_source",
    "read_variants",
    "resolve_release",
    "resolve_version",
    "resolved_nvr_problems",
    "section_schema",
    "unmatched_patterns",
    "written_patterns",
]
