"""Writes a model that llama.cpp loads like any other, small enough to be made anew for each test.

Its weights are random numbers from a fixed seed, so what it says means nothing and is always the same. The format is
GGUF 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

import array
import random
import struct
import sys

WIDTH, LAYERS, HEADS, INNER = 64, 2, 4, 128
# How long texts were that it was trained with, had it been.
CONTEXT = 1 << 15
ALIGNMENT = 32

UNKNOWN, CONTROL, NORMAL, BYTE = 2, 3, 1, 6
SPECIAL = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
BYTES = [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
# SentencePiece writes a space as this.
SPACE = "\u2581"
LETTERS = [(SPACE if byte == 0x20 else chr(byte), NORMAL) for byte in range(0x20, 0x7F)]
WORDS = [(SPACE + word, NORMAL) for word in "the of and we should move wait cost time risk yes no".split()]
VOCABULARY = SPECIAL + BYTES + LETTERS + WORDS

TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)

# The numbers that the format has for types.
U32, F32, BOOL, TEXT, LIST, I32 = 4, 6, 7, 8, 9, 5


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def value(kind, what):
    if kind == TEXT:
        return text(what)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], what)


def field(name, kind, what):
    return text(name) + struct.pack("<I", kind) + value(kind, what)


def fields(name, kind, whats):
    body = b"".join(value(kind, what) for what in whats)
    return text(name) + struct.pack("<IIQ", LIST, kind, len(whats)) + body


def metadata():
    scores = [0.0] * (len(SPECIAL) + len(BYTES)) + [-1.0] * len(LETTERS) + [-0.5] * len(WORDS)
    return [
        field("general.architecture", TEXT, "llama"),
        field("general.name", TEXT, "tiny"),
        field("general.file_type", U32, 0),
        field("llama.context_length", U32, CONTEXT),
        field("llama.embedding_length", U32, WIDTH),
        field("llama.block_count", U32, LAYERS),
        field("llama.feed_forward_length", U32, INNER),
        field("llama.attention.head_count", U32, HEADS),
        field("llama.attention.head_count_kv", U32, HEADS),
        field("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        field("llama.rope.dimension_count", U32, WIDTH // HEADS),
        field("llama.vocab_size", U32, len(VOCABULARY)),
        field("tokenizer.ggml.model", TEXT, "llama"),
        fields("tokenizer.ggml.tokens", TEXT, [token for token, _ in VOCABULARY]),
        fields("tokenizer.ggml.scores", F32, scores),
        fields("tokenizer.ggml.token_type", I32, [kind for _, kind in VOCABULARY]),
        field("tokenizer.ggml.unknown_token_id", U32, 0),
        field("tokenizer.ggml.bos_token_id", U32, 1),
        field("tokenizer.ggml.eos_token_id", U32, 2),
        field("tokenizer.ggml.add_bos_token", BOOL, True),
        field("tokenizer.ggml.add_space_prefix", BOOL, False),
        field("tokenizer.chat_template", TEXT, TEMPLATE),
    ]


def tensors():
    """Name, shape with the innermost dimension first, and numbers of each."""
    dice = random.Random(20_240_229)

    def dense(rows, columns):
        return [dice.gauss(0, columns**-0.5) for _ in range(rows * columns)]

    # What is neither a letter nor a word has a row of zeros, so that the likeliest token is text and never the end: an
    # answer is as long as it may be, unless a grammar ends it.
    silent = len(SPECIAL) + len(BYTES)
    yield "token_embd.weight", (WIDTH, len(VOCABULARY)), dense(len(VOCABULARY), WIDTH)
    yield "output_norm.weight", (WIDTH,), [1.0] * WIDTH
    yield "output.weight", (WIDTH, len(VOCABULARY)), [0.0] * (silent * WIDTH) + dense(len(VOCABULARY) - silent, WIDTH)
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            yield f"blk.{layer}.{norm}.weight", (WIDTH,), [1.0] * WIDTH
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{name}.weight", (WIDTH, WIDTH), dense(WIDTH, WIDTH)
        yield f"blk.{layer}.ffn_gate.weight", (WIDTH, INNER), dense(INNER, WIDTH)
        yield f"blk.{layer}.ffn_up.weight", (WIDTH, INNER), dense(INNER, WIDTH)
        yield f"blk.{layer}.ffn_down.weight", (INNER, WIDTH), dense(WIDTH, INNER)


def model():
    known, described, data = metadata(), [], b""
    for name, shape, numbers in tensors():
        described.append(text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data)))
        numbers = array.array("f", numbers)
        if sys.byteorder == "big":
            numbers.byteswap()
        raw = numbers.tobytes()
        data += raw + bytes(-len(raw) % ALIGNMENT)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(described), len(known)) + b"".join(known) + b"".join(described)
    return head + bytes(-len(head) % ALIGNMENT) + data
