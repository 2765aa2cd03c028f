"""``python -m pungi_osbuild``, for where the console script is not on PATH."""

from pungi_osbuild.cli import entry

if __name__ == "__main__":
    entry()
