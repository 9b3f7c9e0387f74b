"""`python -m hw_models run`, `classify` and `energy`: their report, and their refusals."""

import dataclasses
import json

import msgspec
import numpy as np
import pytest

from hw_models.__main__ import cli
from hw_models.cost import energy, operations, paper_energy
from hw_models.cost.entropy import Signs
from hw_models.engines import fast, golden
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.report.evaluate import evaluate
from hw_models.report.tables import ANN_ENERGY, RATIO
from tests.builders.reference_builds import saved_build
from tests.cli import assert_one_line, status_of


@pytest.mark.parametrize("engine", ["fast", "golden"])
def test_the_report(tmp_path, engine, capsys):
    build, vectors = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    assert (
        status_of(cli, "run", tmp_path / "b", "--json", tmp_path / "r.json", "--engine", engine)
        == 0
    )
    report = json.loads((tmp_path / "r.json").read_text())
    trace = fast.run(build, vectors.x)
    assert report["samples"] == 40
    assert report["accuracy"] == report["reference_accuracy"] == 0.75
    assert report["predictions_equal"] == 1
    assert report["updates_differing"] == report["spikes_differing"] == {"layer0": 0}
    assert report["spike_samples"] == 20
    assert report["firing_rate"]["layer0"] == pytest.approx(np.mean(trace.spikes["layer0"] != 0))
    signs = Signs.of(trace.spikes["layer0"])
    assert report["entropy_bits"] == {"layer0": pytest.approx(signs.neuron_bits(40))}
    assert report["pooled_entropy_bits"] == {"layer0": pytest.approx(signs.pooled_bits(40))}
    total = report["operations"]["total"]
    assert total["MembraneUpdates"] == 11 * build.dataflow.timesteps
    counts = operations.count(build, vectors.x, trace)
    for name, expected in energy.by_layer(build, counts).items():
        got = report["energy"][name]
        assert got["total_pj"] == pytest.approx(expected.total_pj / 40)
        assert got["ann_total_pj"] == pytest.approx(expected.ann_total_pj / 40)
        assert got["ratio"] == pytest.approx(expected.ratio)
    paper = sum(paper_energy.picojoules(ops) for ops in counts.values())
    assert report["energy"]["total"]["paper_pj"] == pytest.approx(paper / 40)
    out = capsys.readouterr().out
    ratio = report["energy"]["total"]["ratio"]
    for shown in ("75.00%", ANN_ENERGY, RATIO, f"{ratio:.2f}", f"{signs.neuron_bits(40):.3f}"):
        assert shown in out


def test_differences_are_shares_of_updates_and_of_spikes(tmp_path, capsys):
    """One update of 7 neurons, T steps and 20 samples flips; the spikes are fewer."""
    build, vectors = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    spikes = {name: s.copy() for name, s in vectors.spikes.items()}
    spikes["layer0"][0, 3, 2] = 1 - abs(spikes["layer0"][0, 3, 2])
    reference_vectors.save(dataclasses.replace(vectors, spikes=spikes), tmp_path / "b")
    assert status_of(cli, "run", tmp_path / "b", "--json", tmp_path / "r.json") == 0
    report = json.loads((tmp_path / "r.json").read_text())
    updates, fired = 1 / spikes["layer0"].size, 1 / np.count_nonzero(spikes["layer0"])
    assert report["updates_differing"] == {"layer0": pytest.approx(updates)}
    assert report["spikes_differing"] == {"layer0": pytest.approx(fired)}
    assert spikes["layer0"].size == 7 * build.dataflow.timesteps * 20 and fired > updates
    evidence.write(build, "golden", report)
    simulated = dict.fromkeys(("events_compared", "membranes_compared", "samples"), 1)
    edges = {"events in another order": None, "register accesses": "read of ID: no"}
    simulation = {
        **simulated,
        "simulator": "icarus",
        "equal": False,
        "cycles": 1,
        "additions": 1,
        "edges": edges,
    }
    evidence.write(build, "simulation", simulation)
    capsys.readouterr()
    assert status_of(cli, "report", tmp_path / "b") == 0
    out = capsys.readouterr().out
    rows = {
        "neuron updates that differ, worst layer": f"{updates:.4%}",
        "the same as a share of the spikes, worst layer": f"{fired:.4%}",
        "events in another order": "all equal",
        "register accesses": "DIFFERENT",
    }
    for label, value in rows.items():
        assert value in next(line for line in out.splitlines() if label in line)


def test_energy_shows_both_accountings_and_writes_the_same_report(tmp_path, capsys):
    saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    args = [tmp_path / "b", "--samples", 30, "--json"]
    assert status_of(cli, "energy", *args, tmp_path / "energy.json") == 0
    out = capsys.readouterr().out
    assert not (tmp_path / "b/evidence").exists()  # so a part never replaces a whole run
    assert status_of(cli, "run", *args, tmp_path / "run.json") == 0
    report = json.loads((tmp_path / "energy.json").read_text())
    assert report == json.loads((tmp_path / "run.json").read_text())
    for name in ("layer0", "layer1", "total"):
        priced, ops = report["energy"][name], report["operations"][name]
        (ours, paper) = (line for line in out.splitlines() if line.startswith(f"│ {name}"))
        for shown in (priced["total_pj"] / 1e3, priced["ann_total_pj"] / 1e3, priced["ratio"]):
            assert f" {shown:.2f} " in ours
        for shown in (ops["flops"], ops["sops"], ops["sign_ops"]):
            assert f" {shown:,.0f} " in paper


def test_batches_add_up(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 6, samples=150, widths=[9, 7, 4])
    spikes = vectors.spikes["layer0"].copy()
    spikes[:, ::10] = 0
    vectors.spikes["layer0"] = spikes
    trace = fast.run(build, vectors.x)
    differing = np.count_nonzero(trace.spikes["layer0"][:, :75] != spikes)
    assert differing > 0
    report = evaluate(build, vectors)
    assert report.updates_differing["layer0"] == pytest.approx(differing / spikes.size)
    assert report.spikes_differing["layer0"] == pytest.approx(differing / np.count_nonzero(spikes))
    assert report.firing_rate["layer0"] == pytest.approx(np.mean(trace.spikes["layer0"] != 0))
    bits = Signs.of(trace.spikes["layer0"]).neuron_bits(150)
    assert report.entropy_bits["layer0"] == pytest.approx(bits)
    for name, ops in operations.count(build, vectors.x, trace).items():
        mean = {field: getattr(ops, field) / 150 for field in ops.__struct_fields__}
        assert report.operations[name] == mean


def test_fewer_samples(tmp_path):
    saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    assert status_of(cli, "run", tmp_path / "b", "--samples", 5, "--json", tmp_path / "r.json") == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["samples"], report["spike_samples"], report["accuracy"]) == (5, 5, 0.6)


def test_spikes_that_differ_from_the_reference_are_counted(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    spikes = vectors.spikes["layer0"].copy()
    spikes[0, 0, :2] = 1 - abs(spikes[0, 0, :2])
    vectors.spikes["layer0"] = spikes
    reference_vectors.save(vectors, tmp_path / "b")
    assert status_of(cli, "run", tmp_path / "b", "--json", tmp_path / "r.json") == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["updates_differing"]["layer0"] == pytest.approx(2 / spikes.size)
    fired = np.count_nonzero(spikes)
    assert report["spikes_differing"]["layer0"] == pytest.approx(2 / fired)


def labelled(folder, labels=(), **spec):
    """A build of which each sample of its vectors can be given as raw values."""
    build, vectors = saved_build(folder, 6, samples=3, encoding="static", widths=[9, 7, 4])
    entry = msgspec.structs.replace(build.dataflow.input, **spec)
    flow = msgspec.structs.replace(build.dataflow, input=entry, labels=labels)
    return artefact.save(dataclasses.replace(build, dataflow=flow), folder), vectors.x


def test_samples_are_classified_with_all_that_led_to_it(tmp_path, capsys):
    labels = ("cat", "dog", "[red]", "cow")
    build, x = labelled(tmp_path / "b", labels, zero=5.0, unit=0.5, scale=0.25)
    paths = [tmp_path / "[0].npy", tmp_path / "1.npy"]
    for path, sample in zip(paths, x.swapaxes(0, 1), strict=False):
        np.save(path, 5 + sample / 2)  # so that (raw - zero) * unit / scale is the sample
    assert status_of(cli, "classify", tmp_path / "b", *paths, "--json", tmp_path / "r.json") == 0
    out = " ".join(capsys.readouterr().out.split())
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["name"], report["dataflow_sha256"]) == ("random6", build.sha256)
    trace = golden.run(build, x)
    for at, (path, sample) in enumerate(zip(paths, report["samples"], strict=True)):
        one = x[:, at : at + 1]
        counts = operations.count(build, one, golden.run(build, one))
        spikes = int(np.count_nonzero(trace.spikes["layer0"][:, at]))
        updates = 7 * build.dataflow.timesteps
        additions = {name: ops.synaptic_additions for name, ops in counts.items()}
        predicted = int(trace.predictions[at])
        assert sample == {
            "file": str(path),
            "class": predicted,
            "label": labels[predicted],
            "logits": trace.logits[at].tolist(),
            "real_logits": [n * build.dataflow.logit_scale for n in trace.logits[at].tolist()],
            "layers": {
                "layer0": {
                    "spikes": spikes, "share": spikes / updates, "additions": additions["layer0"],
                },
                "layer1": {"spikes": None, "share": None, "additions": additions["layer1"]},
            },
            "additions": sum(additions.values()),
        }  # fmt: skip
        shown = (f"class {predicted}, {labels[predicted]}", *labels, f"{spikes / updates:.1%}",
                 *(f"{n:,}" for n in trace.logits[at]))  # fmt: skip
        assert all(text in out for text in shown)
    assert "[0].npy" in out


def test_input_integers_and_limits(tmp_path, capsys):
    build, x = labelled(tmp_path / "b", scale=100.0)
    np.save(tmp_path / "x.npy", x[:, 0])
    args = ["classify", tmp_path / "b", tmp_path / "x.npy", "--json", tmp_path / "r.json"]
    assert status_of(cli, *args, "--integers") == 0
    (sample,) = json.loads((tmp_path / "r.json").read_text())["samples"]
    assert sample["logits"] == golden.run(build, x[:, :1]).logits[0].tolist()
    assert sample["label"] is None
    np.save(tmp_path / "x.npy", np.sign(x[:, 0]) * 1e6)
    capsys.readouterr()
    assert status_of(cli, *args) == 2
    assert_one_line(capsys.readouterr().err, "x.npy: values ", "but the input holds", "--limit")
    assert status_of(cli, *args, "--limit") == 0
    (sample,) = json.loads((tmp_path / "r.json").read_text())["samples"]
    peaks = np.sign(x[:, :1]) * build.dataflow.input.x_max
    assert sample["logits"] == golden.run(build, peaks).logits[0].tolist()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["classify", "nothing", "x.npy"], "nothing: no build folder"),
        (["classify", "nothing"], "Missing argument 'FILES...'"),
        (["run", "nothing"], "nothing: no build folder"),
        (["run"], "Missing argument 'FOLDER'"),
        (["energy", "nothing"], "nothing: no build folder"),
        (["energy", "x", "--samples", "0"], "0 is not in the range x>=1"),
        (["run", "x", "--engine", "abacus"], "'abacus' is not one of"),
        (["walk"], "no command 'walk'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(args, message, capsys):
    assert status_of(cli, *args) == 2
    assert_one_line(capsys.readouterr().err, message)


def test_debug_shows_the_traceback(capsys):
    assert status_of(cli, "run", "nothing", "--debug") == 2
    assert "Traceback" in capsys.readouterr().err
