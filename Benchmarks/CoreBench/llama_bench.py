"""llama.cpp's side of the bench: keeps a model loaded, and for each line on its standard input (`pp 512`, `tg 64`) runs
the test as llama-bench does and prints a line of JSON with its seconds.

usage: llama_bench.py MODEL THREADS CONTEXT FLASH(0|1)
"""

import ctypes
import json
import sys
import time

import llama_cpp as llama


@llama.llama_log_callback
def log(level, text, data):
    if level >= 4:  # errors
        sys.stderr.write(text.decode("utf-8", "replace"))


def say(**answer):
    print(json.dumps(answer), flush=True)


def main():
    path, threads, context, flash = sys.argv[1], *map(int, sys.argv[2:5])
    llama.llama_log_set(log, ctypes.c_void_p())
    llama.llama_backend_init()
    start = time.perf_counter()
    model_params = llama.llama_model_default_params()
    model_params.n_gpu_layers = 0
    model = llama.llama_model_load_from_file(path.encode(), model_params)
    if not model:
        sys.exit(f"{path} cannot be loaded")
    params = llama.llama_context_default_params()
    params.n_ctx = context
    params.n_batch = params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = threads
    params.flash_attn_type = flash
    params.no_perf = True
    ctx = llama.llama_init_from_model(model, params)
    if not ctx:
        sys.exit(f"no context of {context} tokens for {path}")
    load = time.perf_counter() - start
    words = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    say(
        engine="llama.cpp of llama-cpp-python " + llama.__version__,
        kernels=llama.llama_print_system_info().decode().strip(),
        load=load,
    )

    def decode(tokens):
        array = (llama.llama_token * len(tokens))(*tokens)
        code = llama.llama_decode(ctx, llama.llama_batch_get_one(array, len(tokens)))
        if code != 0:
            sys.exit(f"llama_decode returned {code}")

    for line in sys.stdin:
        test, count = line.split()
        count = int(count)
        llama.llama_memory_clear(llama.llama_get_memory(ctx), True)
        llama.llama_synchronize(ctx)
        tokens = [index * 7919 % words for index in range(count)]
        start, cpu = time.perf_counter(), time.process_time()
        if test == "pp":
            for first in range(0, count, 512):
                decode(tokens[first : first + 512])
        elif test == "tg":
            for token in tokens:
                decode([token])
                llama.llama_synchronize(ctx)
        else:
            sys.exit(f"no test {test}")
        llama.llama_synchronize(ctx)
        say(seconds=time.perf_counter() - start, cpu=time.process_time() - cpu)


main()
