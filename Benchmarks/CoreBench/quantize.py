"""Makes another quantization of a GGUF with llama.cpp's quantizer: quantize.py FROM TO TYPE(F32|Q4_0|Q8_0|Q4_K_M)"""

import ctypes
import sys

import llama_cpp as llama

TYPES = {"F32": 0, "Q4_0": 2, "Q8_0": 7, "Q4_K_M": 15}


@llama.llama_log_callback
def log(level, text, data):
    if level >= 4:  # errors
        sys.stderr.write(text.decode("utf-8", "replace"))


llama.llama_log_set(log, ctypes.c_void_p())
params = llama.llama_model_quantize_default_params()
params.ftype = TYPES[sys.argv[3]]
params.allow_requantize = True
code = llama.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(params))
if code != 0:
    sys.exit(f"llama_model_quantize returned {code}")
