"""What pyproject.toml cannot say: a copy outside of its repository knows its revision."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
PLACE = Path("blochball", "_revision.py")


def text() -> str:
    """Return the source of the module with the revision; what an sdist says, it keeps."""
    if not (HERE / ".git").exists():
        known = HERE / "src" / PLACE
        return known.read_text() if known.is_file() else 'REVISION = "unknown"\n'
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    return f'REVISION = "{run.stdout.strip() or "unknown"}"\n'


class Build(build_py):
    """Writes the module into what is installed, never into the sources."""

    def run(self) -> None:
        """Build, then write."""
        super().run()
        if not self.editable_mode:
            (Path(self.build_lib) / PLACE).write_text(text())


class Source(sdist):
    """Writes it into the archive."""

    def make_release_tree(self, base_dir, files):
        """Make the tree, then write."""
        super().make_release_tree(base_dir, files)
        (Path(base_dir) / "src" / PLACE).write_text(text())


setup(cmdclass={"build_py": Build, "sdist": Source})
