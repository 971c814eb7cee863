"""What the Python package gguf makes of blocks.

decode FOLDER: writes NAME.floats (32-bit, little-endian) for every NAME.blocks; NAME is a tensor type.
encode FOLDER: writes NAME.blocks for every NAME.floats.
sample FILE:   writes BlockSamples.swift.
"""
import base64
import importlib.metadata
import sys
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

SAMPLED = """F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS IQ1_S IQ1_M IQ2_XXS IQ2_XS
    IQ2_S IQ3_XXS IQ3_S TQ1_0 TQ2_0 MXFP4 NVFP4""".split()


def decode(kind, data):
    _, size = GGML_QUANT_SIZES[kind]
    values = quants.dequantize(np.frombuffer(data, dtype=np.uint8).reshape(-1, size).copy(), kind)
    return values.reshape(-1).astype("<f4")


def lines(data):
    text = base64.b64encode(data).decode()
    return "\n".join("        " + text[i:i + 108] for i in range(0, len(text), 108))


def sample(file):
    random = np.random.default_rng(20)
    out = [
        f"/// One block of every format (16 of the plain halves), and what gguf {importlib.metadata.version('gguf')} makes",
        "/// of it. Written by `gguf_blocks.py sample`; base64 of the bytes and of 32-bit floats, both as in a file.",
        "enum BlockSamples {",
        "  static let all: [BlockSample] = [",
    ]
    for name in SAMPLED:
        kind = GGMLQuantizationType[name]
        elements, size = GGML_QUANT_SIZES[kind]
        while True:
            count = 16 if elements == 1 else 1
            data = random.integers(0, 256, size * count, dtype=np.uint8).tobytes()
            values = decode(kind, data)
            if np.isfinite(values).all() and np.abs(values).max() > 1e-3:
                break
        out += ["    BlockSample(", f"      type: .{case(name)},", '      blocks: """', lines(data),
                '        """,', '      values: """', lines(values.tobytes()), '        """),']
    out += ["  ]", "}", ""]
    Path(file).write_text("\n".join(out))


def case(name):
    return name.lower() if not name.endswith("_K") else name[:-1].lower() + "K"


def main():
    np.seterr(all="ignore")
    mode, place = sys.argv[1:]
    if mode == "sample":
        return sample(place)
    if mode == "encode":
        for path in Path(place).glob("*.floats"):
            data = quants.quantize(np.fromfile(path, dtype="<f4"), GGMLQuantizationType[path.stem])
            path.with_suffix(".blocks").write_bytes(data.tobytes())
        return
    for path in Path(place).glob("*.blocks"):
        path.with_suffix(".floats").write_bytes(decode(GGMLQuantizationType[path.stem], path.read_bytes()).tobytes())


main()
