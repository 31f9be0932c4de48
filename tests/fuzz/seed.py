#!/usr/bin/env python3
"""Writes the first inputs of the wire's fuzz targets from the golden vectors into corpus/. What
fuzzing finds is added beside them by hand."""

import json
import pathlib

here = pathlib.Path(__file__).parent
vectors = json.loads((here / "../vectors/memberlist.json").read_text())
too_large = 6000

TYPES = {"ping": 0, "indirectPing": 1, "ackResp": 2, "alive": 4, "compress": 9}


def plant(target, name, content):
    if 0 < len(content) <= too_large:
        folder = here / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name.replace("/", "-").replace("@", "-")).write_bytes(content)


for vector in vectors:
    name, means, content = vector["name"], vector["means"], bytes.fromhex(vector["hex"])
    kind = means["kind"]
    if "encrypt" in means or "label" in means:
        # The agent with the vector's keys (seal_fuzz.cpp), its label or none; strict, and not.
        agent = 3 | (4 if means.get("label") else 0)
        plant("seal", name, bytes([agent, len(content) % 61]) + content)
        if kind == "packet":
            plant("seal", name + "-lax", bytes([agent | 8, 0]) + content)
    if "encrypt" in means:
        continue
    if kind == "packet" or (kind == "message" and "ping_seq" not in name):
        plant("packet", name, content)
    elif kind == "msgpack" and means["struct"] in TYPES:
        plant("packet", name, bytes([TYPES[means["struct"]]]) + content)
    elif kind == "msgpack":
        plant("stream", name, bytes([3, 6]) + content)
    elif kind == "stream" or (kind == "push_pull_header" and "65536" not in name):
        plant("stream", name, bytes([len(content) % 61]) + content)
    elif kind == "lzw":
        plant("lzw", name, content)
        plain = bytes.fromhex(means.get("plain", "hex:")[4:])
        if len(plain) < 1000:
            plant("lzw", name + "-plain", plain)

for number, text in enumerate(
    ["10.0.0.1:7946", "10.0.0.1", "[::1]:7946", "::1", "[2001:db8::ffff:1]:0", "::ffff:10.0.0.1",
     "host:7946", "10.0.0.1:65536", "[::1", "1.2.3.4:", "fe80::1%eth0"]
):
    plant("endpoint", f"text-{number}", text.encode())
for number, address in enumerate(["0a000001", "00" * 10 + "ffff0a000001", "20010db8" + "00" * 12]):
    plant("endpoint", f"bytes-{number}", bytes.fromhex(address))

for number, ring in enumerate([
    '["YWFhYWFhYWFhYWFhYWFhYQ=="]', '[\n  "YWFhYWFhYWFhYWFhYWFhYQ==",\n  "YmJiYmJiYmJiYmJiYmJiYg=="\n]',
    '["\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/w=="]', '[]', '["c2hvcnQ="]', '["YWFh"',
]):
    plant("seal", f"keyring-{number}", b"\x00\x07" + ring.encode())

serf = json.loads((here / "../vectors/serf.json").read_text())
for message in serf["messages"]:
    if message["group"] in ("meta", "ping") or message.get("type") in ("leave", "join", "pushPull"):
        plant("serf", message["id"], bytes.fromhex(message["hex"]))

# A conversation begins with its handshake; 0xff: in large pieces, everything allowed.
handshake = bytes.fromhex("82a7436f6d6d616e64a968616e647368616b65a353657101" "81a756657273696f6e01")
rpc = json.loads((here / "../vectors/rpc.json").read_text())
for exchange in rpc["exchanges"] + rpc["protocol_cases"]:
    said = b"".join(bytes.fromhex(one["hex"]) for one in exchange["v0.9.4"]["client_to_server"])
    first = b"" if "handshake" in exchange["id"] else handshake
    plant("api", exchange["id"], b"\xff" + first + said)
for number, line in enumerate([
    '{"Command":"members"}', '{"Command":"members-filtered","Seq":3,"Name":"a.*","Tags":{"role":"^w"}}',
    '{"Command":"join","Existing":["h:1"],"Replay":false}', '{"Command":"stream","Type":"*","Seq":9}',
    '{"Command":"force-leave","Node":"x","Prune":true}', '{"Command":"monitor","LogLevel":"debug"}',
]):
    plant("api", f"line-{number}", b"\xff" + line.encode() + b"\n")

# Scripts for the node (node_fuzz.cpp): a member is met, suspected, refutes, dies, comes back; joins,
# leaves, jumps of time, exchanges.
alive = lambda who, incarnation: bytes([1, incarnation, who, who, 2]) + b"\xff\x80"
heard = lambda name, payload, flags: (
    bytes([13, 9, 0, 1, name, len(payload)]) + payload + bytes([flags, 7, 9, 1, 1, 1, 250]))
for number, script in enumerate([
    alive(1, 1) + alive(2, 1) + bytes([8, 255, 8, 255, 8, 255, 8, 255, 8, 255]),
    alive(1, 1) + bytes([2, 1, 1, 2]) + alive(1, 2) + bytes([3, 2, 1, 2, 8, 200]) + alive(1, 3),
    alive(1, 5) + bytes([3, 5, 1, 1, 8, 100]) + alive(1, 1) + bytes([9, 60, 9, 60, 9, 200]),
    bytes([2, 1, 0, 1, 3, 9, 0, 1, 8, 50, 12, 3]) + b"key" + bytes([8, 250]),
    bytes([10, 1, 2, 6, 0, 1, 1, 1, 2]) + b"\xff\x80" + bytes([3, 0, 0, 0, 8, 100, 7, 8, 250]),
    alive(1, 1) + bytes([13, 0, 8, 255, 8, 255, 8, 255, 8, 255]),
    alive(1, 1) + bytes([13, 1, 4, 8, 255, 8, 255]) + alive(2, 1) + bytes([11, 1, 0, 8, 255]),
    bytes([13, 2, 3, 6, 0, 1, 3, 3, 0, 1, 0, 0, 0, 13, 3, 5, 4, 0, 1, 2, 3, 8, 10]),
    # An event; a query with acks and relays, answered by us and by another; its end.
    alive(1, 1) + bytes([13, 4, 6]) + b"deploy" + bytes([2]) + b"v1" + bytes([0, 8, 100]),
    alive(1, 1) + alive(2, 1) + bytes([13, 5, 4]) + b"load" + bytes([0, 0, 2, 1, 1])
    + bytes([13, 6, 1, 3]) + b"yes" + bytes([13, 9, 1, 0, 1, 0, 1, 2]) + b"no" + bytes([8, 255]),
    # Others' queries: a ping that wants an ack, keys, a disputed name; and the keys of all.
    alive(1, 1) + heard(0, b"", 1) + heard(2, b"\x07\x81\xa3Key\xa1k", 0) + heard(1, b"n1", 0)
    + heard(4, b"", 0) + bytes([13, 8, 2, 0, 0, 2]) + b"K1" + bytes([13, 7, 0, 16]) + b"k" * 16
    + bytes([13, 8, 3, 0, 0, 0, 8, 255]),
    alive(1, 1) + bytes([1, 9, 0, 3, 2]) + b"\xff\x80" + bytes([8, 255, 8, 255]),
]):
    plant("node", f"script-{number}", script)
