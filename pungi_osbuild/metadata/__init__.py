"""The door to productmd: composeinfo.json, images.json and osbuild.json."""
