"""Image builds of a Pungi compose through Koji, koji-osbuild and osbuild-composer."""

__version__ = "0.1.0"
