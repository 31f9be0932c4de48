"""memberlist's bytes (docs/protocol/memberlist.md), written apart from muster's own code.

Messages are (type, fields) pairs; byte-string fields and texts are bytes throughout. Writers put no check in the way of
nonsense: tests need to say it.
"""
import struct
import zlib

from . import packing

PING, INDIRECT_PING, ACK, SUSPECT, ALIVE, DEAD, PUSH_PULL, COMPOUND, USER, COMPRESS, ENCRYPT, NACK, CRC, ERR = range(14)
LABEL = 0xF4
STATES = ("alive", "suspect", "dead", "left")
SERF_VERSIONS = bytes([1, 5, 2, 2, 5, 5])


class Bad(Exception):
    """Bytes that do not follow the protocol."""


# ---- LZW, section 6.2 ----

def lzw_encode(data: bytes) -> bytes:
    out, bits, held = bytearray(), 0, 0
    width, high, table = 9, 257, {}

    def emit(code):
        nonlocal bits, held
        bits |= code << held
        held += width
        while held >= 8:
            out.append(bits & 0xFF)
            bits >>= 8
            held -= 8

    def bump():
        nonlocal width, high, table
        high += 1
        if high == 1 << width:
            width += 1
        if high == 4095:
            emit(256)
            width, high, table = 9, 257, {}
            return True
        return False

    emit(256)
    if data:
        prefix = data[0]
        for byte in data[1:]:
            if (prefix, byte) in table:
                prefix = table[prefix, byte]
                continue
            emit(prefix)
            if not bump():
                table[prefix, byte] = high
            prefix = byte
        emit(prefix)
        bump()
    emit(257)
    if held:
        out.append(bits & 0xFF)
    return bytes(out)


def lzw_decode(data: bytes) -> bytes:
    out, at, bits, held = bytearray(), 0, 0, 0
    width, high, last, entries = 9, 257, None, {}
    while True:
        while held < width:
            if at == len(data):
                raise Bad("LZW without an end code")
            bits |= data[at] << held
            at, held = at + 1, held + 8
        code = bits & ((1 << width) - 1)
        bits, held = bits >> width, held - width
        if code == 256:
            width, high, last = 9, 257, None
            continue
        if code == 257:
            return bytes(out)
        if code < 256:
            word = bytes([code])
        elif code > high or (code == high and last is None):
            raise Bad(f"LZW code {code} above {high}")
        else:
            word = last + last[:1] if code == high else entries[code]
        out += word
        if last is not None:
            entries[high] = last + word[:1]
        last, high = word, high + 1
        if high == 1 << width:
            if width == 12:
                last, high = None, 4095
            else:
                width += 1


# ---- packets ----

def message(kind: int, **fields) -> bytes:
    return bytes([kind]) + packing.encode(fields, old=True)


def compound(*parts: bytes) -> bytes:
    return bytes([COMPOUND, len(parts)]) + b"".join(struct.pack(">H", len(p)) for p in parts) + b"".join(parts)


def compressed(data: bytes, algorithm=0) -> bytes:
    return message(COMPRESS, Algo=algorithm, Buf=lzw_encode(data))


def with_crc(data: bytes) -> bytes:
    return bytes([CRC]) + struct.pack(">I", zlib.crc32(data)) + data


def body(data: bytes, at=1):
    """The msgpack map of a message, and where it ends."""
    return packing.decode(data, at, raw=True)


def unwrap(packet: bytes, layers=None) -> list:
    """All messages of a packet: [(type, fields or bytes, their own bytes)]. `layers` collects the wrappers' names."""
    layers = [] if layers is None else layers
    if packet[:1] == bytes([CRC]):
        layers.append("crc")
        if struct.unpack(">I", packet[1:5])[0] != zlib.crc32(packet[5:]):
            raise Bad("crc")
        packet = packet[5:]
    return _messages(packet, layers)


def _messages(data, layers):
    kind = data[0]
    if kind == COMPRESS:
        layers.append("compress")
        fields, _ = body(data)
        return _messages(lzw_decode(fields["Buf"]), layers)
    if kind == COMPOUND:
        layers.append("compound")
        count, at, found = data[1], 2 + 2 * data[1], []
        for i in range(count):
            size = struct.unpack(">H", data[2 + 2 * i:4 + 2 * i])[0]
            found += _messages(data[at:at + size], layers)
            at += size
        if at != len(data):
            raise Bad("a compound whose parts do not fill it")
        return found
    if kind == USER:
        return [(USER, data[1:], data)]
    fields, end = body(data)
    if end != len(data):
        raise Bad(f"{len(data) - end} bytes after a message of type {kind}")
    return [(kind, fields, data)]


# ---- streams ----

def node_state(name, ip_bytes, incarnation=1, state=0, meta=b"", port=7946, versions=SERF_VERSIONS) -> dict:
    return {"Name": name, "Addr": ip_bytes, "Port": port, "Meta": meta, "Incarnation": incarnation, "State": state,
            "Vsn": versions}


def push_pull(states=(), user_state=b"", join=False) -> bytes:
    header = message(PUSH_PULL, Nodes=len(states), UserStateLen=len(user_state), Join=join)
    return header + b"".join(packing.encode(s, old=True) for s in states) + user_state


def read_stream_message(data: bytes):
    """One complete stream message: (type, fields, states, user state, was it compressed). Raises packing.Incomplete."""
    if not data:
        raise packing.Incomplete
    was_compressed = data[0] == COMPRESS
    if was_compressed:
        fields, _ = body(data)
        data = lzw_decode(fields["Buf"])
    kind = data[0]
    fields, at = body(data)
    states = []
    if kind != PUSH_PULL:
        return kind, fields, states, b"", was_compressed
    for _ in range(fields["Nodes"]):
        state, at = packing.decode(data, at, raw=True)
        states.append(state)
    user_state, at = data[at:at + fields["UserStateLen"]], at + fields["UserStateLen"]
    if at > len(data):
        raise packing.Incomplete
    return kind, fields, states, user_state, was_compressed
