"""Rules run again on a recording, judged by the truth, and two rule sets compared."""

import json

import pytest

from skypact.cli import main
from skypact.cli.tuning import say_report

EARLY = "[border]\nahead_s = 180.0\n"
LATE = "[border]\nahead_s = 60.0\n[conflict]\nenabled = false\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuning")
    (folder / "early.toml").write_text(EARLY, "utf-8")
    (folder / "late.toml").write_text(LATE, "utf-8")
    words = ["simulate", "incursion", "--seed", "3", "--seconds", "150", "--out", str(folder)]
    assert main(words) == 0
    return folder


def replayed(made, capsys, *words):
    """Exit code, summary and words of a replay."""
    base = ["replay", str(made / "reports.parquet"), "--union", str(made / "union.toml")]
    code = main([*base, *words])
    out = capsys.readouterr()
    return code, json.loads(out.out.splitlines()[-1]) if code == 0 else None, out.err


def test_two_rule_sets_are_judged_and_compared(made, capsys, tmp_path):
    files = [word for name in ("early", "late") for word in ("--rules", str(made / f"{name}.toml"))]
    truth = ["--truth", str(made / "truth.parquet"), "--events", str(made / "events.jsonl")]
    code, summary, said = replayed(made, capsys, *files, *truth, "--out", str(tmp_path))
    assert code == 0
    report = summary["tuning"]
    assert json.loads((tmp_path / "tuning.json").read_text("utf-8")) == report
    early, late = ({f["rule"]: f for f in one["rules"]} for one in report["sets"])
    assert early["border"]["events"] == late["border"]["events"] > 0
    assert early["border"]["found_share"] == 1.0
    assert late["border"]["found_ahead"]["60_s"][0] == 0
    assert early["feed"]["judged"]  # none, and the file says so
    assert "conflict" not in late
    (both,) = report["compared"]
    border = next(one for one in both["rules"] if one["rule"] == "border")
    assert border["both"] > 0
    assert border["later_s"]["p95"] > 30.0
    raised = [json.loads(t) for t in (tmp_path / "alerts-2.jsonl").read_text("utf-8").splitlines()]
    assert {line["rule"] for line in raised} == {"border"}
    assert "only first" in said


def test_rules_that_truth_does_not_decide_are_shown_as_such(capsys):
    counted = {"rule": "feed", "alerts": 2, "alerts_per_hour": 1.0, "judged": False}
    silent = counted | {"rule": "gnss", "alerts": 0}
    sets = [{"rules_file": "a.toml", "rules": [counted, silent]}]
    say_report({"hours": 2.0, "sets": sets, "compared": []})
    said = capsys.readouterr().err
    assert "not judged" in said
    assert "gnss" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--events", "events.jsonl"], "--events: expected with --truth"),
        (["--truth", "none.parquet"], "found none at"),
        (["--rules", "early.toml", "--rules", "late.toml", "--resume", "s"], "got 2"),
    ],
)
def test_what_does_not_go_together_is_refused(made, capsys, monkeypatch, words, said):
    monkeypatch.chdir(made)
    (made / "s").write_bytes(b"")
    code, _, err = replayed(made, capsys, *words)
    assert code != 0
    assert said in err
