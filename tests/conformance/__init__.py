"""
The rehearsal hub against what real servers have answered: every recorded call is made again.

``data/golden`` was recorded from a hub of Koji 1.35.3 with the plugins of koji-osbuild 12 and a
stand-in for composer, over XML-RPC with koji's own client. ``data/golden-composer`` was recorded
from osbuild-composer 180, over its Cloud API, asked as koji-osbuild's builder plugin asks, and
``data/composer-types.tsv`` says what it builds: where the two disagree, composer's answer wins.

``transcripts`` reads the recordings and says what makes two replies alike, ``scenes`` brings a hub
into the state that a transcript begins with, ``desk`` is a hub on a clock turned by hand.
"""
