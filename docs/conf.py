"""How Sphinx makes a site of these pages: `nox -s docs`."""

project = "proxy-core"
author = "the proxy-core authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "proxy-core"
html_copy_source = False
myst_heading_anchors = 3  # the anchors that GitHub gives to headings
