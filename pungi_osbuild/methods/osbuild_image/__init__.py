"""osbuildImage: koji-osbuild's tasks, which osbuild-composer does the work of."""

from pungi_osbuild.methods.osbuild_image.method import OSBUILD_IMAGE

__all__ = ["OSBUILD_IMAGE"]
