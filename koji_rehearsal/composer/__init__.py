"""The rehearsal's osbuild-composer: what it takes and refuses, builds, and hands to Koji."""
