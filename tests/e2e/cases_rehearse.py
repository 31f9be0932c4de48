"""`musterd rehearse` as a program, on the example of a configuration that is shipped."""
import json
import os

from harness.agents import BINARIES, run_in
from harness.cases import case
from harness.waiting import check, check_equal

EXAMPLE = os.path.join(os.path.dirname(__file__), "../../systemd/musterd.toml")
SCENARIOS = ["rolling-restart", "partition", "lossy", "overload", "mass-crash"]


def rehearse(*arguments):
    return run_in(None, BINARIES["musterd"], "rehearse", "--config", EXAMPLE, *arguments, timeout=120)


@case(budget=150)
def every_scenario_runs_on_the_shipped_example_and_answers_in_json(run):
    for scenario in SCENARIOS:
        done = rehearse("--nodes=20", f"--scenario={scenario}", "--seed=7", "--format=json")
        check_equal(done.returncode, 0, f"the exit status of {scenario}\n{done.stderr}{done.stdout}")
        report = json.loads(done.stdout)
        check_equal((report["scenario"], report["nodes"], report["seed"]), (scenario, 20, 7), "what was asked for")
        check(report["convergence"]["reached"], f"the members agree in the end: {done.stdout}")
        check_equal(report["unreported"], 0, f"the members that were gone and not reported in {scenario}")
        check_equal(report["false_positives"]["healthy"], 0, f"the false positives of {scenario}")
        check(report["detection"]["first_ms"] <= report["detection"]["last_ms"], "the first report is the first")
        check_equal(report["broken"], [], f"the broken invariants of {scenario}")
        check("all agree" in done.stderr, f"progress is told: {done.stderr}")


@case(budget=60)
def one_seed_is_one_rehearsal_in_every_process(run):
    reports = []
    for seed in (3, 3, 4):
        done = rehearse("--nodes=15", "--scenario=lossy", f"--seed={seed}", "--format=json")
        report = json.loads(done.stdout)
        del report["simulation"]["events_per_second"]
        reports.append(report)
    check_equal(reports[0], reports[1], "two rehearsals of one seed")
    check(reports[0]["simulation"]["transcript"] != reports[2]["simulation"]["transcript"], "another seed is another run")


@case(budget=30)
def a_scenario_that_there_is_not_is_refused_with_the_list_of_those_that_there_are(run):
    done = rehearse("--scenario=earthquake")
    check_equal(done.returncode, 2, f"the exit status\n{done.stderr}")
    for word in ["earthquake", *SCENARIOS]:
        check(word in done.stderr, f"'{word}' in: {done.stderr}")
    check_equal(done.stdout, "", "what is printed")
