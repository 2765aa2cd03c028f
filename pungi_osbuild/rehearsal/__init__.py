"""The rehearsal hub: a local stand-in for Koji, koji-osbuild and osbuild-composer."""
