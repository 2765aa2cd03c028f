"""Packaging. Never name ``pungi`` here: on the package index it is another project."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "([^"]+)"', (HERE / "pungi_osbuild" / "__init__.py").read_text(), re.M
)
assert VERSION is not None

setup(
    name="pungi-osbuild",
    version=VERSION.group(1),
    description="Image builds of a Pungi compose through Koji and osbuild-composer",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="GPL-2.0-or-later",
    python_requires=">=3.9",
    packages=find_packages(
        include=["pungi_osbuild", "pungi_osbuild.*", "koji_rehearsal", "koji_rehearsal.*"]
    ),
    package_data={
        "koji_rehearsal": ["py.typed", "templates/*.html", "composer/*.json"],
        "pungi_osbuild": [
            "clouds/*.txt",
            "imagetypes/*.tsv",
            "py.typed",
            "report/templates/*",
        ],
    },
    install_requires=[
        "click>=8.0",
        "jinja2>=2.11",
        "jsonschema>=3.2",
        "kobo>=0.24.2",
        "koji>=1.33",
        "productmd>=1.33,<3",
        "requests>=2.25",
        "rich>=12",
    ],
    extras_require={
        "dev": [
            "build",
            "coverage",
            "hypothesis",
            "mypy",
            "pytest",
            "pytest-xdist",
            "ruff",
            "setuptools>=69.3",
            "types-jsonschema",
            "types-requests",
            "wheel",
        ],
        "docs": ["furo", "myst-parser", "sphinx"],
    },
    entry_points={
        "console_scripts": [
            "pungi-osbuild = pungi_osbuild.cli.entry:entry",
            "pungi-koji-osbuild = pungi_osbuild.cli.pungi_koji:entry",
        ]
    },
    classifiers=[
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Topic :: System :: Software Distribution",
    ],
)
