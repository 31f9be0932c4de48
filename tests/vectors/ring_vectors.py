#!/usr/bin/env python3
"""The ring's function a second time, in another language: docs/ring.md as plainly as it reads.

    python3 tests/vectors/ring_vectors.py          # writes tests/vectors/ring.json
    python3 tests/vectors/ring_vectors.py --check  # fails if that file is not what this makes

Only the standard library; nothing of the C++ is used, not its hash either. Slow and simple: the
points are a sorted list, an owner is searched from the front, what moves is found by looking at each
stretch between two points.
"""

import json
import pathlib
import re
import struct
import sys

# ---- XXH3, 64 bits, seed 0 ----

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MX1, MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex("""
    b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f
    cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c
    3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8
    a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364
    eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e
    2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e""")


def r32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def r64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def s64(at):
    return r64(SECRET, at)


def fold(a, b):
    product = a * b
    return (product & MASK64) ^ (product >> 64)


def rotl(x, n):
    return ((x << n) | (x >> (64 - n))) & MASK64


def avalanche_xxh3(h):
    h ^= h >> 37
    h = h * MX1 & MASK64
    return h ^ (h >> 32)


def avalanche_xxh64(h):
    h ^= h >> 33
    h = h * P64_2 & MASK64
    h ^= h >> 29
    h = h * P64_3 & MASK64
    return h ^ (h >> 32)


def mix16(data, at, secret):
    return fold(r64(data, at) ^ s64(secret), r64(data, at + 8) ^ s64(secret + 8))


def xxh3_to_16(data):
    size = len(data)
    if size > 8:
        low = r64(data, 0) ^ s64(24) ^ s64(32)
        high = r64(data, size - 8) ^ s64(40) ^ s64(48)
        swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
        return avalanche_xxh3((size + swapped + high + fold(low, high)) & MASK64)
    if size >= 4:
        h = (r32(data, size - 4) + (r32(data, 0) << 32)) ^ s64(8) ^ s64(16)
        h ^= rotl(h, 49) ^ rotl(h, 24)
        h = h * MX2 & MASK64
        h ^= (h >> 35) + size
        h = h * MX2 & MASK64
        return h ^ (h >> 28)
    if size > 0:
        said = data[0] << 16 | data[size >> 1] << 24 | data[size - 1] | size << 8
        return avalanche_xxh64(said ^ r32(SECRET, 0) ^ r32(SECRET, 4))
    return avalanche_xxh64(s64(56) ^ s64(64))


def xxh3_to_240(data):
    size = len(data)
    acc = size * P64_1
    if size <= 128:
        for i in range((size - 1) // 32 + 1):
            acc += mix16(data, 16 * i, 32 * i) + mix16(data, size - 16 * (i + 1), 32 * i + 16)
        return avalanche_xxh3(acc & MASK64)
    for i in range(8):
        acc += mix16(data, 16 * i, 16 * i)
    acc = avalanche_xxh3(acc & MASK64)
    for i in range(8, size // 16):
        acc += mix16(data, 16 * i, 16 * (i - 8) + 3)
    acc += mix16(data, size - 16, 136 - 17)
    return avalanche_xxh3(acc & MASK64)


def accumulate(acc, data, at, secret):
    for i in range(8):
        value = r64(data, at + 8 * i)
        key = value ^ s64(secret + 8 * i)
        acc[i ^ 1] = (acc[i ^ 1] + value) & MASK64
        acc[i] = (acc[i] + (key & MASK32) * (key >> 32)) & MASK64


def xxh3_long(data):
    size = len(data)
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    stripes = (size - 1) // 64
    for n in range(stripes):
        accumulate(acc, data, 64 * n, 8 * (n % 16))
        if n % 16 == 15:
            for i in range(8):
                acc[i] ^= acc[i] >> 47
                acc[i] = (acc[i] ^ s64(128 + 8 * i)) * P32_1 & MASK64
    accumulate(acc, data, size - 64, 192 - 64 - 7)
    result = size * P64_1
    for i in range(4):
        result += fold(acc[2 * i] ^ s64(11 + 16 * i), acc[2 * i + 1] ^ s64(11 + 16 * i + 8))
    return avalanche_xxh3(result & MASK64)


def xxh3(data):
    return (xxh3_to_16 if len(data) <= 16 else xxh3_to_240 if len(data) <= 240 else xxh3_long)(data)


# ---- the ring ----

CIRCLE = 1 << 48
VNODES, RENDEZVOUS = 0, 1


def u16(n):
    return struct.pack("<H", n)


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


def weight_of(tag):
    """The weight that a tag says (None: there is no tag), and whether it is bad."""
    if tag is None:
        return 1, False
    if re.fullmatch(rb"[0-9]{1,3}", tag) and int(tag) <= 100:
        return int(tag), False
    return 1, True


class Ring:
    """`members` are (name, weight, zone)."""

    def __init__(self, algorithm, vnodes, members):
        self.algorithm, self.vnodes = algorithm, vnodes
        self.members = sorted(members)
        self.points = []
        if algorithm == VNODES:
            self.points = sorted((xxh3(name + u32(j)) >> 16, name)
                                 for name, weight, _ in members for j in range(vnodes * weight))
        self.zones = {name: zone for name, _, zone in members}

    def fingerprint(self):
        said = b"muster-ring-1\n" + bytes([self.algorithm]) + u32(self.vnodes)
        said += u32(len(self.members))
        for name, weight, zone in self.members:
            said += u16(len(name)) + name + u32(weight) + u16(len(zone)) + zone
        return said, xxh3(said)

    def walk(self, key):
        """All members that own anything, in the order in which they are asked to own this key."""
        if self.algorithm == RENDEZVOUS:
            hashed = u64(xxh3(key))
            scored = [(-max(xxh3(hashed + name + u32(j)) for j in range(weight)), name)
                      for name, weight, _ in self.members if weight > 0]
            return [name for _, name in sorted(scored)]
        position = xxh3(key) >> 16
        behind = [name for at, name in self.points if at < position]
        ahead = [name for at, name in self.points if at >= position]
        return list(dict.fromkeys(ahead + behind))

    def owners(self, key, wanted, distinct_zones):
        walk = self.walk(key)
        if not distinct_zones:
            return walk[:wanted]
        first = []
        for name in walk:
            if self.zones[name] not in [self.zones[other] for other in first]:
                first.append(name)
        return (first + [name for name in walk if name not in first])[:wanted]

    def owner_at(self, position):
        for at, name in self.points:
            if at >= position:
                return name
        return self.points[0][1] if self.points else None

    def shares(self):
        total = sum(weight for _, weight, _ in self.members)
        if self.algorithm == RENDEZVOUS:
            return [CIRCLE * weight // total if total else 0 for _, weight, _ in self.members]
        share = {name: 0 for name, _, _ in self.members}
        ends = sorted({at for at, _ in self.points})
        for before, end in zip([-1] + ends, ends + [CIRCLE - 1]):
            if self.points:
                share[self.owner_at(end)] += end - before
        return [share[name] for name, _, _ in self.members]


def difference(before, after):
    """What moves between two vnode rings: {(from, to): positions}."""
    moves = {}
    ends = sorted({at for ring in (before, after) for at, _ in ring.points} | {CIRCLE - 1})
    start = 0
    for end in ends:
        move = before.owner_at(end), after.owner_at(end)
        if move[0] != move[1]:
            moves[move] = moves.get(move, 0) + end + 1 - start
        start = end + 1
    return moves


# ---- the vectors ----


def text(data):
    """Bytes in JSON: plain if printable, else "hex:..."; None is null."""
    if data is None:
        return None
    plain = all(0x20 <= c < 0x7F for c in data) and not data.startswith(b"hex:")
    return data.decode() if plain else "hex:" + data.hex()


def tagged(name, weight=None, zone=b""):
    """A member as its tags say it; `weight` is the tag's text."""
    return name, weight, zone


def ring_of(algorithm, vnodes, tagged_members):
    return Ring(algorithm, vnodes, [(n, weight_of(w)[0], z) for n, w, z in tagged_members])


def spread_keys(count):
    return [b"key-%d" % i for i in range(count)]


def ring_vector(name, algorithm, vnodes, members, keys, asked=((1, False), (3, False), (3, True))):
    ring = ring_of(algorithm, vnodes, members)
    said, fingerprint = ring.fingerprint()
    vector = {
        "name": "ring/" + name, "algorithm": algorithm, "vnodes": vnodes,
        "members": [{"name": text(n), "weight_tag": text(w), "zone": text(z),
                     "weight": weight_of(w)[0], "bad_weight": weight_of(w)[1]}
                    for n, w, z in members],
        "fingerprint": "%016x" % fingerprint,
        "shares": [str(share) for share in ring.shares()],
        "owners": [{"key": text(key), "n": n, "distinct_zones": zones,
                    "owners": [text(owner) for owner in ring.owners(key, n, zones)]}
                   for key in keys for n, zones in asked],
    }
    if len(said) < 300:
        vector["hashed"] = said.hex()
    if len(ring.points) < 40:
        vector["points"] = [{"position": "%012x" % at, "name": text(n)} for at, n in ring.points]
    return vector


def difference_vector(name, vnodes, before, after):
    rings = ring_of(VNODES, vnodes, before), ring_of(VNODES, vnodes, after)
    moves = difference(*rings)
    return {
        "name": "difference/" + name, "vnodes": vnodes,
        "before": [{"name": text(n), "weight": weight_of(w)[0]} for n, w, _ in before],
        "after": [{"name": text(n), "weight": weight_of(w)[0]} for n, w, _ in after],
        "moved": str(sum(moves.values())),
        "moves": [{"from": text(a), "to": text(b), "share": str(share)}
                  for (a, b), share in sorted(moves.items(), key=lambda m: (-m[1], m[0]))],
    }


def make():
    lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127,
               128, 129, 143, 144, 145, 239, 240, 241, 255, 256, 257, 1023, 1024, 1025, 1087, 1088,
               1089, 2048, 5000]
    for size in lengths:
        data = bytes((i * 131 + size) % 256 for i in range(size))
        yield {"name": "hash/%d_bytes" % size, "multiplier": 131, "size": size,
               "hash": "%016x" % xxh3(data)}
    for said in (None, b"", b"0", b"1", b"7", b"007", b"100", b"099", b"101", b"999", b"1000", b"00001",
                 b"-1", b"+1", b" 1", b"1 ", b"1.0", b"0x1", b"1e2", b"ten", b"\xd9\xa1", b"1\0",
                 b"99999999999999999999"):
        weight, bad = weight_of(said)
        yield {"name": "weight/" + repr(said), "tag": text(said), "weight": weight, "bad": bad}

    three = [tagged(b"n1"), tagged(b"n2"), tagged(b"n3")]
    keys = [b"user:42", b"", b"\0", b"\xff\xfe", "Schl\u00fcssel".encode(), b"k" * 300] + spread_keys(10)
    yield ring_vector("three_members_worked", VNODES, 2, three, [b"user:42", b"a", b"b"])
    yield ring_vector("three_members", VNODES, 448, three, keys)
    yield ring_vector("v160_differs", VNODES, 160, three, keys)
    yield ring_vector("three_members_rendezvous", RENDEZVOUS, 0, three, keys)
    for algorithm, vnodes, kind in ((VNODES, 448, ""), (RENDEZVOUS, 0, "_rendezvous")):
        yield ring_vector("empty" + kind, algorithm, vnodes, [], [b"user:42"])
        yield ring_vector("all_drained" + kind, algorithm, vnodes,
                          [tagged(b"n1", b"0"), tagged(b"n2", b"0")], [b"user:42"])
        yield ring_vector("one_member" + kind, algorithm, vnodes, [tagged(b"only")], [b"user:42", b""])
    yield ring_vector("one_point", VNODES, 1, [tagged(b"only")], [b"only\0\0\0\0", b"x", b"y"])

    weights = [tagged(b"drained", b"0"), tagged(b"full", b"100"), tagged(b"plain"),
               tagged(b"ten", b"010"), tagged(b"bad", b"lots"), tagged(b"huge", b"101"),
               tagged(b"negative", b"-5")]
    yield ring_vector("weights", VNODES, 4, weights, spread_keys(12), ((1, False), (7, False)))
    yield ring_vector("weights_rendezvous", RENDEZVOUS, 0, weights, spread_keys(12),
                      ((1, False), (7, False)))

    zones = [tagged(b"a1", zone=b"a"), tagged(b"a2", zone=b"a"), tagged(b"a3", zone=b"a"),
             tagged(b"b1", zone=b"b"), tagged(b"b2", b"2", b"b"), tagged(b"x1"), tagged(b"x2", zone=b""),
             tagged(b"c1", b"0", b"c")]
    asked = ((2, True), (3, True), (4, True), (5, False), (9, True))
    yield ring_vector("zones_exhausted", VNODES, 16, zones, spread_keys(16), asked)
    yield ring_vector("zones_exhausted_rendezvous", RENDEZVOUS, 0, zones, spread_keys(16), asked)

    odd = [tagged(b"\xff\xff", zone=b"\0"), tagged(b"\0"), tagged(b"", zone=b"\xc3\x28"),
           tagged(b"a\nb"), tagged("\u00e9".encode()), tagged(b"\xe9"), tagged(b"hex:61"),
           tagged(b"n" * 255, zone=b"z" * 300), tagged(b"n" * 254)]
    yield ring_vector("odd_bytes", VNODES, 3, odd, spread_keys(8))
    yield ring_vector("odd_bytes_rendezvous", RENDEZVOUS, 0, odd, spread_keys(8))

    # Names whose first points share a position (found by trying 60 million). The key whose bytes are
    # those of the point has that position too: the first name by its bytes owns it.
    ties = [(b"n11019088", b"n311208"), (b"n1204442", b"n23085249"), (b"n17619690", b"n6024674")]
    for a, b in ties:
        assert xxh3(a + u32(0)) >> 16 == xxh3(b + u32(0)) >> 16
    tied = [tagged(name, zone=b"even" if i % 2 else b"odd")
            for i, name in enumerate(name for pair in reversed(ties) for name in reversed(pair))]
    tie_keys = [name + u32(0) for pair in ties for name in pair] + spread_keys(12)
    yield ring_vector("ties", VNODES, 1, tied, tie_keys)
    yield ring_vector("ties_among_others", VNODES, 8, tied + three, tie_keys)

    four = three + [tagged(b"n4")]
    yield difference_vector("join", 448, three, four)
    yield difference_vector("leave", 448, four, three)
    yield difference_vector("nothing", 448, three, three)
    yield difference_vector("weight_up", 64, three, three[:2] + [tagged(b"n3", b"3")])
    yield difference_vector("drain", 64, three, [tagged(b"n1", b"0")] + three[1:])
    yield difference_vector("from_nobody", 8, [], three)
    yield difference_vector("to_nobody", 8, three, [tagged(b"n1", b"0")])
    yield difference_vector("others", 16, three, [tagged(b"n2"), tagged(b"n5"), tagged(b"n6", b"2")])
    yield difference_vector("tie_loses_its_first", 1, tied, [m for m in tied if m[0] != ties[0][0]])


def main():
    file = pathlib.Path(__file__).with_name("ring.json")
    lines = ",\n".join(json.dumps(vector) for vector in make())
    made = "[\n" + lines + "\n]\n"
    if sys.argv[1:] == ["--check"]:
        if file.read_text() != made:
            sys.exit(f"{file} is not what ring_vectors.py makes: run it without --check, and see why")
        print(f"{made.count(chr(10)) - 2} vectors agree")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        file.write_text(made)


if __name__ == "__main__":
    main()
