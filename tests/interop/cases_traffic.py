"""What goes over the wire between a serf and a musterd, seen from outside."""
from harness.capture import Capture
from harness.cases import case
from harness.waiting import check, check_equal, wait_until


@case(budget=60, needs="root")
def compressed_and_checksummed_traffic_goes_both_ways_and_is_understood(run):
    cluster = run.cluster()
    capture = run.closing(Capture(f"{run.block}.{run.number}"))
    pair = cluster.form("serf", "muster")
    for i, agent in enumerate(pair):        # tags that compress well, so that what tells of them is compressed
        agent.tags = {"role": "a dull sentence, said again, " * 12, "i": str(i)}
        agent.rpc.tags(agent.tags, None)
    cluster.converge()
    for source, target in (pair, reversed(pair)):
        def layers():
            return {layer for wrapped in capture.layers_between([source], [target]) for layer in wrapped}
        wait_until(lambda: {"crc", "compress"} <= layers(), 20,
                   lambda: f"gossip with checksum and compression from {source} to {target}: only {layers()}")
        # There are two of them: whoever asks one is the other.
        source.rpc.join(target.ip)
        wait_until(lambda: capture.requests_to(target) and capture.answers_of(target), 10, f"a stream to {target}")
        check_equal(set(capture.requests_to(target)), {b"\x09"}, f"the first bytes of what {source} asks")
        check_equal(set(capture.answers_of(target)), {b"\x09"}, f"the first bytes of what {target} answers")
    check_equal(capture.strange(cluster.agents), [], "datagrams that do not follow the protocol")


@case(budget=60, needs=("root", "muster"))
def an_agent_without_compression_is_understood_by_the_others(run):
    cluster = run.cluster()
    capture = run.closing(Capture(f"{run.block}.{run.number}"))
    serf = cluster.add("serf", extra=["-disable-compression"])
    muster = cluster.add("muster", config="[swim]\ncompression = false\n")
    for agent in (serf, muster):
        agent.start(*([] if agent is serf else [serf]))
    for agent in (serf, muster):
        agent.tags = {"role": "a dull sentence, said again, " * 12}
        agent.rpc.tags(agent.tags, None)
    cluster.converge()
    for layers in capture.layers_between(cluster.agents, cluster.agents):
        check("compress" not in layers, f"a datagram was wrapped in {layers}")
    for agent in cluster.agents:
        check(b"\x09" not in capture.requests_to(agent) + capture.answers_of(agent), f"a stream of {agent} is compressed")
