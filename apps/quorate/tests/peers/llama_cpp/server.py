"""llama.cpp's own HTTP server with the model of model.py, for the tests of the gateway.

Prints one JSON object with its address when it is ready. Ends when its input does, so it never outlives its test.
"""

import argparse
import json
import os
import sys
import tempfile

import xllamacpp

from model import model

options = argparse.ArgumentParser()
options.add_argument("--key", required=True, help="what callers must send as their API key")
options = options.parse_args()

params = xllamacpp.CommonParams()
params.model_alias = {"tiny"}
params.api_keys = [options.key]
params.port = 0
# One call at a time: one that goes on without its caller would be seen by the next.
params.n_parallel = 1
# What no longer fits is forgotten, so that an answer may have no end.
params.n_ctx = 1024
params.ctx_shift = True
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
# Its memory is known, and tests have few cores.
params.fit_params = False
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.warmup = False
params.ui = False
# Errors only.
params.verbosity = 1

with tempfile.TemporaryDirectory() as folder:
    params.model.path = os.path.join(folder, "tiny.gguf")
    with open(params.model.path, "wb") as file:
        file.write(model())
    # It has read the model when this comes back.
    server = xllamacpp.Server(params)
print(json.dumps({"address": server.listening_address}), flush=True)
sys.stdin.buffer.read()
# Without waiting for answers that have no end.
os._exit(0)
