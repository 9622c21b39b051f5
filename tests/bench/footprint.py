"""What an installation of core and one plugin brings, and how soon it answers."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from importlib.metadata import distributions
from pathlib import Path

from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import answer, in_order, say
from tests.support.proxy import QUESTION

ROOT = Path(__file__).parents[2]
OWN = {"pip", "setuptools"}


def install(folder: Path) -> Path:
    """A new environment with the packages in it; gives its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    packages = [str(ROOT / "core"), str(ROOT / "plugins" / "openai")]
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


def footprint(folder: Path) -> tuple[int, float]:
    """Number of distributions and their megabytes, without pip itself."""
    site = next(folder.glob("lib/python*/site-packages"))
    found = [dist for dist in distributions(path=[str(site)]) if dist.name not in OWN]
    files = (Path(str(dist.locate_file(file))) for dist in found for file in dist.files or ())
    size = sum(file.stat().st_size for file in files if file.is_file())
    return len(found), size / 1e6


def first_answer(python: Path, base_url: str, folder: Path) -> tuple[float, float]:
    """Seconds from the start of the process until it listens, and until the first answer."""
    environment = {
        "PATH": os.environ["PATH"],
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API": "chat",
        "BIG_MODEL": "big-model",
        "PROXY_AUTH_TOKEN": "bench",
    }
    command = [str(python), "-m", "proxy_core.cli", "serve", "--plugins", "openai", "--port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        ready = time.perf_counter() - began
        url = line.split()[-1] + "/v1/messages"
        headers = {"content-type": "application/json", "x-api-key": "bench"}
        body = json.dumps(QUESTION | {"model": "claude-opus-5-5"}).encode()
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            assert response.status == 200
        answered = time.perf_counter() - began
        process.terminate()
        process.stderr.read()
    return ready, answered


def bare_start(python: Path) -> float:
    """Seconds of a Python that does nothing, to compare with."""
    began = time.perf_counter()
    subprocess.run([python, "-c", ""], check=True)
    return time.perf_counter() - began


def main() -> None:
    script = in_order(*[answer(say("Hello."))] * 9)
    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedUpstream(script, key="sk-test") as upstream,
    ):
        python = install(Path(folder, "env"))
        count, megabytes = footprint(Path(folder, "env"))
        first_answer(python, upstream.base_url, Path(folder))  # compiles the bytecode
        runs = [first_answer(python, upstream.base_url, Path(folder)) for _ in range(5)]
        ready, answered = sorted(runs)[len(runs) // 2]
        bare = min(bare_start(python) for _ in range(5))
    sys.stdout.write(
        f"proxy-core and proxy-openai: {count} distributions, {megabytes:.1f} MB\n"
        f"start until it listens: {ready:.2f} s; until the first answer: {answered:.2f} s; "
        f"{answered / bare:.0f} times an empty Python\n"
    )


if __name__ == "__main__":
    main()
