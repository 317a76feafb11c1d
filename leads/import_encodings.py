"""How the text of a file is encoded, told from its bytes. Called by `leads/import_files.py`."""

import codecs
import re
from typing import BinaryIO

from charset_normalizer import from_bytes

ENOUGH = 65_536  # bytes with accents, to guess by


def bare_utf16(head: bytes) -> str:
    """Tell UTF-16 that does not say so: of mostly Western text every other byte is zero."""
    half = max(len(head) // 2, 1)
    low, high = head[1::2].count(0), head[0::2].count(0)
    if low > half * 0.4 and high < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if high > half * 0.4 and low < half * 0.05 else ""


def encoding_of(stream: BinaryIO, head: bytes) -> str:
    """Say how the text is encoded: by its mark, else UTF-8 if all of it is, else the likeliest older one; '' when it cannot be told."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if bare := bare_utf16(head):
        return bare
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample = b""
    try:
        while part := stream.read(1 << 20):
            decoder.decode(part)
            sample = part
        decoder.decode(b"", final=True)
        return "utf-8"
    except UnicodeDecodeError:
        return _older(sample + (part or b""))


# Western words hold single letters with accents; other alphabets read as Western are nothing but.
FOREIGN = re.compile(r"[\u00a1-\u00bf\u00c0-\u00ff]{4}")
UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def _older(sample: bytes) -> str:
    """Guess the encoding of text from before UTF-8. Western Windows is tried first, for it is nearly always that."""
    lines = [line for line in re.split(rb"[\r\n]+", sample) if not line.isascii()]
    text = b"\n".join(lines)[:ENOUGH]
    if not UNDEFINED.search(text) and len(FOREIGN.findall(text.decode("cp1252"))) * 20 <= len(lines):
        return "cp1252"
    best = from_bytes(text).best()
    return best.encoding if best else ""
