"""The documentation site: ``make docs`` builds it, without network, with warnings as errors."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE)]
os.environ.setdefault("MPLBACKEND", "Agg")

import equations  # noqa: E402
import reference  # noqa: E402

from blochball import __version__, storage  # noqa: E402

# autodoc imports by the public name
sys.modules["blochball.storage"] = storage

project, author, version, release = (
    "blochball",
    "The blochball developers",
    __version__,
    __version__,
)
copyright = author
language = "en"

# pages that are made from the sources
(HERE / "equations.md").write_text(equations.table(reference.homes()), encoding="utf-8")
(HERE / "reference.md").write_text(reference.page(), encoding="utf-8")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "site_pages",
]
exclude_patterns = [
    "_ext",
    "package.md",
    "**/sg_execution_times.rst",
    "generated/gallery/**/*.ipynb",
    "generated/gallery/**/*.py",
]
nitpicky = True
# in docstrings, types are described in English
nitpick_ignore_regex = [("py:class", ".*")]
default_role = "code"
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = True
autosummary_ignore_module_all = False
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_fence_as_directive = ["math", "mermaid"]

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "generated/gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 0,
    "capture_repr": (),
    "remove_config_comments": True,
    "doc_module": ("blochball",),
    "backreferences_dir": "generated/backreferences",
    "inspect_global_variables": False,
    "parallel": False,
}

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "blochball"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_start": ["navbar-logo"],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "collapse_navigation": True,
    "header_links_before_dropdown": 8,
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
