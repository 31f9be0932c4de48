"""musterd and muster as programs: how they start, refuse, end, and with which words and statuses."""
import json
import os
import signal
import socket
import subprocess
import time

from harness.agents import BINARIES, ENVIRONMENT, PORT, run_in
from harness.cases import case
from harness.rpc import Rpc, unix
from harness.waiting import check, check_equal, wait_until


def musterd(*arguments, timeout=15, **options):
    """Runs a musterd that is expected to end by itself."""
    return run_in(None, BINARIES["musterd"], *arguments, timeout=timeout, **options)


def muster(*arguments, timeout=20, **options):
    return run_in(None, BINARIES["muster"], *arguments, timeout=timeout, **options)


def check_says(done, status, *words):
    """It ended with `status`, and the error that a person sees holds all of `words`."""
    check_equal(done.returncode, status, f"the exit status of {' '.join(done.args[3:])}\n{done.stdout}{done.stderr}")
    for word in words:
        check(word in done.stderr, f"'{word}' in what it says:\n{done.stderr}{done.stdout}")
    check("terminate called" not in done.stderr, f"an exception reached the top:\n{done.stderr}")


@case(budget=30)
def a_port_that_is_taken_is_refused_with_a_hint(run):
    cluster = run.cluster()
    first = cluster.add("muster").start()
    done = musterd("--node=second", f"--bind={first.ip}:{PORT}", f"--api={run.directory}/second.sock", "--ephemeral")
    check_says(done, 1, f"{first.ip}:{PORT}", "address already in use", "--bind")
    check("second.sock" not in os.listdir(run.directory), "a socket was left behind")
    # The port of UDP alone, and that of TCP alone.
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        ip = cluster.address()
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind((ip, PORT))
            if kind == socket.SOCK_STREAM:
                taken.listen(1)
            done = musterd("--node=third", f"--bind={ip}:{PORT}", f"--api={run.directory}/third.sock", "--ephemeral")
            check_says(done, 1, f"{ip}:{PORT}", "address already in use")


@case(budget=30)
def an_address_that_is_not_here_is_refused(run):
    done = musterd("--node=n", "--bind=192.0.2.7:7946", f"--api={run.directory}/n.sock", "--ephemeral")
    check_says(done, 1, "192.0.2.7:7946")
    done = musterd("--node=n", f"--bind={run.cluster().address()}", "--advertise=0.0.0.0",
                   f"--api={run.directory}/n.sock", "--ephemeral")
    check(done.returncode in (1, 2) and "0.0.0.0" in done.stderr, f"a wildcard was advertised: {done}")


@case(budget=30)
def the_socket_of_a_live_daemon_is_refused_and_of_a_dead_one_replaced(run):
    cluster = run.cluster()
    first = cluster.add("muster").start()
    second = cluster.add("muster", name="second")
    command = second.command([])
    command = [f"--api={first.socket}" if word.startswith("--api=") else word for word in command]
    done = run_in(None, *command, timeout=15)
    check_says(done, 1, first.socket)
    check_equal(set(first.table()), {first.name}, "who the first one knows")
    check_equal(first.json("info")["node"], first.name, "who answers at the socket")
    first.kill()
    check(os.path.exists(first.socket), "SIGKILL leaves the socket's file")
    first.start()
    check_equal(first.json("info")["node"], first.name, "who answers at the socket that was replaced")
    first.terminate()
    check(not os.path.exists(first.socket), "a daemon that ends takes its socket away")


@case(budget=30)
def a_file_in_the_place_of_the_socket_is_not_replaced(run):
    path = f"{run.directory}/precious"
    with open(path, "w") as file:
        file.write("precious")
    done = musterd("--node=n", f"--bind={run.cluster().address()}", f"--api={path}", "--ephemeral")
    check_says(done, 1, path)
    with open(path) as file:
        check_equal(file.read(), "precious", "the file")


@case(budget=30)
def a_configuration_that_cannot_be_used_is_refused_by_file_and_line(run):
    ip = run.cluster().address()

    def with_config(text, *arguments):
        path = os.path.join(run.directory, "c.toml")
        with open(path, "w") as file:
            file.write(text)
        return musterd(f"--config={path}", "--node=n", f"--bind={ip}", f"--api={run.directory}/n.sock",
                       *(arguments or ("--ephemeral",)))

    missing = musterd(f"--config={run.directory}/none.toml", "--node=n", "--ephemeral")
    check_says(missing, 1, f"{run.directory}/none.toml")
    check_says(musterd(f"--config={run.directory}", "--node=n", "--ephemeral"), 1, run.directory)
    check_says(with_config("node = \n"), 1, "c.toml", "1")
    check_says(with_config("\n\nno_such_key = 1\n"), 1, "c.toml:3", "no_such_key")
    check_says(with_config("[swim]\nprobe_interval = 7\n"), 1, "c.toml:2", "probe_interval")
    check_says(with_config("[swim]\nprobe_interval = \"soon\"\n"), 1, "c.toml:2", "soon")
    check_says(with_config("[swim]\nprobe_interval = \"1s\"\nprobe_timeout = \"2s\"\n"), 1, "c.toml", "probe_timeout")
    check_says(with_config("", "--ephemeral", "--data-dir=/tmp/x"), 2, "--ephemeral", "--data-dir")
    good = with_config("[swim]\nprobe_interval = \"1s\"\n", "--ephemeral", "--validate")
    check_equal(good.returncode, 0, f"--validate of a good configuration: {good.stderr}")
    check_says(with_config("tags = 7\n", "--ephemeral", "--validate"), 1, "c.toml:1")
    check_says(musterd("--no-such-flag"), 2, "--no-such-flag")


@case(budget=30)
def flag_environment_and_file_say_the_same_and_the_flag_wins(run):
    cluster = run.cluster()
    agent = cluster.add("muster", name="of-the-flag", config='node = "of-the-file"\n[tags]\nfrom = "file"\n')
    agent.start()
    check_equal(agent.json("info")["node"], "of-the-flag", "the node's name, said twice")
    check_equal(agent.table()["of-the-flag"][3], {"from": "file"}, "the tags of the file")
    agent.kill()
    command = [word for word in agent.command([]) if not word.startswith(("--node", "--bind", "--config"))]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL,
                               env=ENVIRONMENT | {"MUSTER_NODE": "of-the-environment", "MUSTER_BIND": agent.ip})
    try:
        wait_until(lambda: muster(f"--api={agent.socket}", "info").returncode == 0, 10, "the daemon answering")
        check_equal(agent.json("info")["node"], "of-the-environment", "the node's name")
    finally:
        process.kill()
        process.wait()


@case(budget=60)
def sigterm_leaves_within_bounds_and_a_second_one_ends_it_at_once(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster")
    started = time.monotonic()
    check_equal(agents[2].terminate(signal.SIGTERM), 0, "the exit status")
    check(time.monotonic() - started < 15, "it took longer than the broadcasts' timeouts together")
    cluster.converge()
    agents[1].close_rpc()
    agents[1].send_signal(signal.SIGTERM)
    agents[1].send_signal(signal.SIGTERM)
    agents[1].wait_ended(15)
    alone = run.cluster().add("muster").start()
    check_equal(alone.terminate(signal.SIGTERM, deadline=5), 0, "the exit status of one that is alone")


@case(budget=60)
def muster_says_by_its_exit_status_what_is_so(run):
    cluster = run.cluster()
    agent, other = cluster.form("muster", "muster")
    check_says(muster(f"--api={run.directory}/nobody.sock", "members"), 1, f"{run.directory}/nobody.sock", "musterd")
    check_says(muster("--rpc-addr=127.0.0.1:1", "members"), 1, "127.0.0.1:1")
    check_equal(muster("no-such-command").returncode, 2, "the exit status of an unknown command")
    check_equal(muster("members", "--no-such-flag").returncode, 2, "the exit status of an unknown flag")
    check_equal(muster("--help").returncode, 0, "the exit status of --help")
    check_equal(agent.cli("wait", "--members=2", "--timeout=10s").returncode, 0, "wait, reached")
    check_equal(agent.cli("wait", "--members=3", "--timeout=300ms").returncode, 3, "wait, not reached")
    check_equal(agent.json("wait", "--members=2", "--timeout=1s")["reached"], True, "wait as JSON")
    waiting = subprocess.Popen([BINARIES["muster"], f"--api={agent.socket}", "wait", f"--member={other.name}=failed",
                                "--timeout=50s"], stdout=subprocess.DEVNULL)
    other.kill()
    check_equal(waiting.wait(55), 0, "wait for a member to fail")
    check_equal(agent.cli("join", "127.0.0.1:1").returncode, 1, "join, of nobody")
    joined = json.loads(agent.cli("--format=json", "join", "127.0.0.1:1").stdout)
    check_equal((joined["joined"], joined["failed"][0]["seed"]), (0, "127.0.0.1:1"), "join, of nobody, as JSON")


@case(budget=60)
def muster_members_shows_and_filters(run):
    cluster = run.cluster()
    agents = [cluster.add("muster", name=name, tags={"role": role})
              for name, role in (("web-1", "web"), ("web-2", "web"), ("db-1", "db\x1b[31m"))]
    for agent in agents:
        agent.start(*([] if agent is agents[0] else [agents[0]]))
    cluster.converge()
    agents[1].kill()
    cluster.converge()

    def names(*arguments):
        return sorted(m["name"] for m in agents[0].json("members", *arguments)["members"])

    check_equal(names(), ["db-1", "web-1", "web-2"], "all")
    check_equal(names("--status=failed"), ["web-2"], "by status")
    check_equal(names("--name=web.*"), ["web-1", "web-2"], "by name")
    check_equal(names("--tag=role=web", "--status=alive"), ["web-1"], "by tag and status")
    text = agents[0].cli("members").stdout
    check("\x1b" not in text and "\\x1b" in text, f"control characters of a tag are shown, not obeyed: {text!r}")
    check("\x1b" not in agents[0].log(), "nor do they reach the log")


@case(budget=60)
def json_lines_and_serfs_rpc_are_served_on_the_same_socket(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "serf")
    with unix(agents[0].socket)() as connection:
        lines = connection.makefile("rw")
        lines.write('{"Command":"members","Seq":5}\n')
        lines.flush()
        answer = json.loads(lines.readline())
        check_equal(sorted(m["Name"] for m in answer["Members"]), sorted(a.name for a in agents), "JSON lines")
    rpc = Rpc(unix(agents[0].socket))
    check_equal(sorted(m["Name"] for m in rpc.members()), sorted(a.name for a in agents), "msgpack")
    rpc.close()


@case(budget=90)
def a_client_that_does_not_read_delays_nobody(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "serf")
    stuck = []
    for _ in range(20):
        connection = run.closing(unix(agents[0].socket)())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        # Requests without end, whose answers nobody takes.
        connection.setblocking(False)
        try:
            for _ in range(20000):
                connection.send(b'{"Command":"members"}\n' * 20)
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            pass
        stuck.append(connection)
    before = agents[0].json("info")
    for i in range(20):
        agents[2].rpc.tags({"i": str(i)}, None)
        agents[2].tags = {"i": str(i)}
        cluster.converge(deadline=20)
    check(agents[0].running, "it is still there")
    with open(f"/proc/{agents[0].process.pid}/status") as status:
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    check(rss < 64 * 1024, f"{rss} kB of memory are held for clients that do not read")
    check_equal(before["node"], agents[0].name, "the name in info")


@case(budget=60)
def the_log_has_a_line_for_every_change_with_its_reason(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster", "muster")
    agents[1].kill()
    cluster.converge()
    agents[2].terminate()
    cluster.converge()
    log = agents[0].log().splitlines()
    for agent, word in ((agents[1], "failed"), (agents[2], "left")):
        check(any(agent.name in line and word in line for line in log), f"a line says that {agent} {word}")
    structured = run.cluster().add("muster", extra=["--log-format=json"]).start()
    structured.terminate()
    for line in structured.log().splitlines():
        json.loads(line)


@case(budget=30)
def info_has_the_shape_that_is_promised(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster")
    agents[1].kill()
    cluster.converge()
    text = agents[0].cli("--format=json", "info").stdout
    twice = []
    info = json.loads(text, object_pairs_hook=lambda pairs: twice.extend(
        key for i, (key, _) in enumerate(pairs) if key in [k for k, _ in pairs[:i]]) or dict(pairs))
    check_equal(twice, [], "keys that are there twice")
    check_equal((info["node"], info["members"]["alive"], info["members"]["failed"]), (agents[0].name, 1, 1), "info")
    check(isinstance(info["health"], int), f"health is a number: {info['health']}")
    check(all(isinstance(count, int) for count in info["rejected"].values()), f"counts: {info['rejected']}")
    check(isinstance(info["version"], str), "version")


@case(budget=60)
def members_watch_tells_every_change(run):
    cluster = run.cluster()
    agents = cluster.form("muster", "muster")
    process = subprocess.Popen([BINARIES["muster"], f"--api={agents[0].socket}", "--format=json", "members", "--watch"],
                               stdout=subprocess.PIPE, text=True)
    try:
        first = json.loads(process.stdout.readline())
        check_equal({m["name"]: m["status"] for m in first["members"]}, {a.name: "alive" for a in agents}, "at first")
        agents[1].kill()
        while True:         # the case's budget bounds it
            now = json.loads(process.stdout.readline())
            if {m["name"]: m["status"] for m in now["members"]}[agents[1].name] == "failed":
                break
        check(now["index"] > first["index"], "the index rises")
        agents[0].kill()
        process.communicate(timeout=20)
        check_equal(process.returncode, 1, "the exit status when the agent goes away")
    finally:
        process.kill()
        process.wait()


@case(budget=30, needs="root")
def who_may_read_is_not_who_may_change(run):
    cluster = run.cluster()
    agent = cluster.add("muster").start()
    os.chmod(run.directory, 0o755)
    os.chmod(agent.directory, 0o755)

    def as_nobody(*arguments, groups="--clear-groups"):
        return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", groups, BINARIES["muster"],
                               f"--api={agent.socket}", *arguments], capture_output=True, text=True, timeout=15)

    done = as_nobody("members")
    check(done.returncode == 1 and agent.socket in done.stderr and "ermission" in done.stderr, f"a stranger: {done}")
    os.chown(agent.socket, 0, 65534)        # as the group that may read has it
    check_equal(as_nobody("members").returncode, 0, "a member of the group reads")
    done = as_nobody("leave")
    check(done.returncode == 1 and "ermission" in done.stderr, f"a member of the group changes nothing: {done}")
    check(agent.running, "and nothing was changed")
