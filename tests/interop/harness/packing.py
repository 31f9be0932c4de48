"""msgpack as Serf speaks it, in both of its dialects, without a library.

The gossip side writes the old dialect (no str8, no bin: strings and byte strings are one family), the RPC side the
new one. Text is decoded with surrogateescape, so any bytes survive the way in and out; `raw=True` gives bytes for both
families. Hand-written so that tests can also write what no library would.
"""
import struct


class Incomplete(Exception):
    """The bytes end before the object does: read more and try again."""


class Malformed(Exception):
    """The bytes can never become an object."""


def text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def octets(value) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


def _integer(value: int) -> bytes:
    if value >= 0:
        for limit, head, form in ((0x80, b"", ">B"), (0x100, b"\xcc", ">B"), (0x10000, b"\xcd", ">H"),
                                  (1 << 32, b"\xce", ">I"), (1 << 64, b"\xcf", ">Q")):
            if value < limit:
                return head + struct.pack(form, value)
    for limit, head, form in ((-0x20, b"", ">b"), (-0x80, b"\xd0", ">b"), (-0x8000, b"\xd1", ">h"),
                              (-1 << 31, b"\xd2", ">i"), (-1 << 63, b"\xd3", ">q")):
        if value >= limit:
            return head + struct.pack(form, value)
    raise ValueError(value)


def _string(value: bytes, old: bool) -> bytes:
    n = len(value)
    if n < 32:
        return bytes([0xA0 + n]) + value
    if n < 256 and not old:
        return b"\xd9" + bytes([n]) + value
    return (b"\xda" + struct.pack(">H", n) if n < 65536 else b"\xdb" + struct.pack(">I", n)) + value


def _binary(value: bytes) -> bytes:
    n = len(value)
    if n < 256:
        return b"\xc4" + bytes([n]) + value
    return (b"\xc5" + struct.pack(">H", n) if n < 65536 else b"\xc6" + struct.pack(">I", n)) + value


def _container(n: int, fix: int, head16: int) -> bytes:
    if n < 16:
        return bytes([fix + n])
    return bytes([head16]) + struct.pack(">H", n) if n < 65536 else bytes([head16 + 1]) + struct.pack(">I", n)


def encode(value, old=False) -> bytes:
    """Shortest forms, map keys sorted by their bytes. `old`: the gossip dialect."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        return _string(octets(value), old)
    if isinstance(value, (bytes, bytearray)):
        return _string(bytes(value), True) if old else _binary(bytes(value))
    if isinstance(value, (list, tuple)):
        return _container(len(value), 0x90, 0xDC) + b"".join(encode(v, old) for v in value)
    if isinstance(value, dict):
        items = sorted((octets(k), v) for k, v in value.items())
        return _container(len(items), 0x80, 0xDE) + b"".join(_string(k, old) + encode(v, old) for k, v in items)
    raise TypeError(type(value))


_NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
            0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
_LENGTHS = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I",
            0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def _take(data: bytes, at: int, n: int):
    if at + n > len(data):
        raise Incomplete
    return data[at:at + n], at + n


def decode(data: bytes, at=0, raw=False):
    """One object from `data` at `at`: (value, where it ends). Raises Incomplete or Malformed."""
    head, at = _take(data, at, 1)
    byte = head[0]
    if byte < 0x80:
        return byte, at
    if byte >= 0xE0:
        return byte - 0x100, at
    if byte in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[byte], at
    if byte in _NUMBERS:
        form = _NUMBERS[byte]
        number, at = _take(data, at, struct.calcsize(form))
        return struct.unpack(form, number)[0], at
    if byte in _LENGTHS:
        form = _LENGTHS[byte]
        length, at = _take(data, at, struct.calcsize(form))
        n = struct.unpack(form, length)[0]
    elif byte < 0xC0:
        n = byte & (0x0F if byte < 0xA0 else 0x1F)
    else:
        raise Malformed(f"byte {byte:#x} begins nothing that Serf sends")
    if byte < 0x90 or byte in (0xDE, 0xDF):
        return _map(data, at, n, raw)
    if byte < 0xA0 or byte in (0xDC, 0xDD):
        items = []
        for _ in range(n):
            item, at = decode(data, at, raw)
            items.append(item)
        return items, at
    value, at = _take(data, at, n)
    return (value if raw or byte in (0xC4, 0xC5, 0xC6) else text(value)), at


def _map(data, at, n, raw):
    result = {}
    for _ in range(n):
        key, at = decode(data, at)
        result[key], at = decode(data, at, raw)
    return result, at
