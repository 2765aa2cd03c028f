"""osbuildImage: koji-osbuild's tasks, which osbuild-composer does the work of."""

from pungi_osbuild.methods.osbuild_image.composestatus import NAME as COMPOSE_STATUS
from pungi_osbuild.methods.osbuild_image.failure import explain, uploaded
from pungi_osbuild.methods.osbuild_image.result import read_build_result, read_result

__all__ = ["COMPOSE_STATUS", "explain", "read_build_result", "read_result", "uploaded"]
