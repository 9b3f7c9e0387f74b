"""An ablation: its file, what is trained and measured and what is not again, and the table."""

import json
import sys

import msgspec
import numpy as np
import pytest

from hw_models.errors import InputError
from hw_models.folder import files
from qtrain import checkpoint
from qtrain.__main__ import cli as main
from qtrain.training import ablation, ablation_report
from qtrain.training.ablation import Ablation, Cell, IntegerReport, Plan, Result
from qtrain.training.ablation_report import Spread
from tests.builders.own_files import signals
from tests.cli import assert_one_line, status_of

GRID = {"seeds": [0], "spikes": ["ternary"], "timesteps": [1], "weight_bits": [8]}
TRAIN = {"dataset": "digits", "hidden": [8], "epochs": 1}
REPORT = {
    "dataset": "digits/test",
    "accuracy": 0.5,
    "predictions_equal": 0.75,
    "operations": {
        "fc1": {"MembraneUpdates": 16.0},
        "fc2": {"MembraneUpdates": 48.0},
        "readout": {"MembraneUpdates": 10.0},
        "total": {"synaptic_additions": 120.5},
    },
    "firing_rate": {"fc1": 0.5, "fc2": 0.1},
    "energy": {"additions_pj": 3.0},
}


def plan(**changes) -> Plan:
    return msgspec.convert({**GRID, "train": TRAIN, **changes}, Plan)


def write(path, **changes):
    """The TOML of GRID and TRAIN with changes; "" leaves a key out."""
    train = changes.pop("train", {})
    lines = [f"{key} = {value!r}" for key, value in {**GRID, **changes}.items() if value != ""]
    lines += ["[train]", *(f"{key} = {value!r}" for key, value in {**TRAIN, **train}.items())]
    path.write_text("\n".join(lines))
    return path


def cell(seed=0, **changes) -> Cell:
    grid = {"spikes": "ternary", "timesteps": 1, "weight_bits": 8, "seed": seed}
    return Cell(**{**grid, **changes})


@pytest.fixture
def compiled(monkeypatch) -> list:
    """Stands in for the compiler and the model; lists the builds asked for."""
    asked = []

    def python(package, *args):
        if package == "compiler":
            asked.append(args[1].parent.name)
        else:
            args[args.index("--json") + 1].write_text(json.dumps(REPORT))

    monkeypatch.setattr(ablation, "run_python", python)
    return asked


def test_from_the_file_to_table_and_plot(tmp_path, capsys, monkeypatch):
    """With the compiler and the model in earnest; a second call does nothing again."""
    pytest.importorskip("matplotlib")
    file, out = write(tmp_path / "a.toml", seeds=[0, 1]), tmp_path / "out"
    assert status_of(main, "ablate", "--config", file, "--out", out) == 0
    printed = capsys.readouterr().out
    assert "ternary-T1-w8-seed1  epoch 1" in printed and "of the integers" in printed
    found = json.loads((out / "ablation.json").read_text())
    assert found["trained_on"] == found["integers_on"] == "digits/test"
    for seed, result in enumerate(found["results"]):
        folder = out / f"ternary-T1-w8-seed{seed}"
        assert {p.name for p in folder.iterdir()} == {"ckpt.pt", "log.jsonl", "integers.json"}
        trained = checkpoint.load(folder / "ckpt.pt")
        assert trained.config["seed"] == result["cell"]["seed"] == seed
        assert result["checkpoint_sha256"] == files.sha256_of(folder / "ckpt.pt")
        assert result["trained_accuracy"] == trained.metrics["test_accuracy"]
        assert abs(result["accuracy"] - result["trained_accuracy"]) < 0.05
        assert result["predictions_equal"] > 0.95
        assert result["firing_rate"] == pytest.approx(trained.metrics["firing_rate"]["lif1"], 0.1)
        assert result["additions"] > 8
    (row,) = found["rows"]
    assert row["seeds"] == [0, 1] and row["additions"]["std"] > 0
    assert (out / "ablation.md").read_text().count("| ternary | 1 | 8 | 2 |") == 1
    assert (out / "ablation.png").read_bytes().startswith(b"\x89PNG")

    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*")}
    assert len(before) == 6
    monkeypatch.setattr(ablation, "train", None)
    assert msgspec.to_builtins(ablation.ablate(ablation.read_plan(file), out)) == {
        key: found[key] for key in ("trained_on", "integers_on", "results")
    }
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*")} == before


def test_an_interrupted_ablation_goes_on_where_it_was(tmp_path, compiled):
    class Interrupted(Exception):
        pass

    def interrupt(cell, epoch):
        if (cell.seed, epoch.number) == (1, 1):
            raise Interrupted

    wanted = plan(seeds=[0, 1], train={**TRAIN, "epochs": 2, "batch_size": 512, "validation": 300})
    with pytest.raises(Interrupted):
        ablation.ablate(wanted, tmp_path, on_epoch=interrupt)
    first, second = (tmp_path / c.name / "ckpt.pt" for c in wanted.cells)
    before = files.sha256_of(first), first.stat().st_mtime_ns
    assert checkpoint.load(second).training["epoch"] == 1
    epochs = []
    found = ablation.ablate(
        wanted, tmp_path, on_epoch=lambda c, e: epochs.append((c.seed, e.number))
    )
    assert epochs == [(1, 2)]
    assert (files.sha256_of(first), first.stat().st_mtime_ns) == before
    assert compiled == [c.name for c in wanted.cells]
    assert (found.trained_on, found.integers_on) == ("digits/validation", "digits/test")

    # another checkpoint of the same options: its integers are not those that are kept
    config = msgspec.to_builtins(wanted.config(cell(), wanted.source()))
    other = msgspec.structs.replace(checkpoint.load(second), config=config)
    first.write_bytes(checkpoint.content_of(other))
    ablation.ablate(wanted, tmp_path)
    assert compiled == [c.name for c in (*wanted.cells, wanted.cells[0])]
    (first.parent / "integers.json").write_text("{")
    ablation.ablate(wanted, tmp_path)
    assert compiled[3:] == [wanted.cells[0].name]


def test_a_run_of_other_options_is_refused_before_any_training(tmp_path, compiled):
    ablation.ablate(plan(seeds=[1]), tmp_path)
    with pytest.raises(InputError, match=r"seed1/ckpt.pt: trained with epochs = 1, here it is 3"):
        ablation.ablate(plan(seeds=[0, 1], train={**TRAIN, "epochs": 3}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["ternary-T1-w8-seed1"]


def test_data_of_a_user_s_own_have_their_options_beside_them(tmp_path, compiled):
    x, y = signals(40)
    np.savez(tmp_path / "s.npz", x=x, y=y)
    train = {"dataset": str(tmp_path / "s.npz"), "test_split": 0.25, "model": "mlp", "hidden": [4]}
    found = ablation.ablate(plan(seeds=[0], train=train | {"epochs": 1}), tmp_path / "out")
    assert found.trained_on == "s.npz/test"
    config = checkpoint.load(tmp_path / "out" / cell().name / "ckpt.pt").config
    assert config["own"]["preparation"]["test_split"] == 0.25
    with pytest.raises(
        msgspec.ValidationError, match=r"--size with .*s.npz, where it means nothing"
    ):
        plan(train=train | {"size": [8, 8]})


def test_the_grid_decides_what_the_runs_differ_in():
    wanted = plan(
        seeds=[3, 4], spikes=list(ablation.SPIKES), timesteps=[1, 2], weight_bits=[8, 4, 2]
    )
    names = [c.name for c in wanted.cells]
    assert len(set(names)) == len(names) == 36
    assert names[:3] == ["binary-T1-w8-seed3", "binary-T1-w8-seed4", "binary-T1-w4-seed3"]
    assert {
        spikes: (options.spike, options.amplitude)
        for spikes in ablation.SPIKES
        if (options := wanted.config(cell(spikes=spikes), wanted.source()))
    } == {
        "binary": ("binary", "fixed"),
        "ternary": ("ternary", "fixed"),
        "trainable": ("ternary", "trainable"),
    }
    options = wanted.config(cell(seed=4, timesteps=2, weight_bits=2), wanted.source())
    assert (options.seed, options.timesteps, options.weight_bits) == (4, 2, 2)
    assert (options.hidden, options.epochs, options.lr) == ((8,), 1, 5e-3)
    cifar = plan(spikes=["binary"], train={"dataset": "cifar10"})
    assert cifar.config(cifar.cells[0], cifar.source()).offset == 0.25


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"seeds": []}, ["seeds = []", "one value or more, each once"]),
        ({"seeds": [1, 1]}, ["seeds = [1, 1]", "each once"]),
        ({"seeds": [-1]}, ["seed = -1"]),
        ({"seeds": ""}, ["seeds", "missing"]),
        ({"spikes": ["ternary", "signed"]}, ["'signed'", "binary, ternary, trainable"]),
        ({"timesteps": [0]}, ["timesteps = [0]", "1 or more"]),
        ({"timesteps": ["2"]}, ["timesteps[0]", "int"]),
        ({"weight_bits": [3]}, ["weight_bits has 3", "8, 4, 2"]),
        ({"bits": [8]}, ["unknown field `bits`"]),
        ({"train": {"epoch": 1}}, ["[train]", "unknown field `epoch`", "python -m qtrain train"]),
        ({"train": {"init": "a"}}, ["[train]", "unknown field `init`"]),
        ({"train": {"epochs": "1"}}, ["[train]", "$.epochs", "`int"]),
        ({"train": {"epochs": 0}}, ["epochs = 0", "1 or more"]),
        ({"train": {"dataset": "digit"}}, ["'digit'", "cifar10"]),
        ({"train": {"seed": 1}}, ["[train] seed", "`seeds` gives it"]),
        ({"train": {"amplitude": "fixed"}}, ["[train] amplitude", "`spikes` gives it"]),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_trained(tmp_path, capsys, changes, parts):
    file = write(tmp_path / "a.toml", **changes)
    assert status_of(main, "ablate", "--config", file, "--out", tmp_path / "out") == 2
    assert_one_line(capsys.readouterr().err, str(file), *parts)
    assert not (tmp_path / "out").exists()


def test_what_is_no_file_or_no_toml_is_one_line(tmp_path, capsys):
    for text, part in ((None, "No such file"), ("seeds - 1", "no TOML")):
        if text:
            (tmp_path / "a.toml").write_text(text)
        assert status_of(main, "ablate", "--config", tmp_path / "a.toml", "--out", tmp_path) == 2
        assert_one_line(capsys.readouterr().err, "a.toml", part)


def test_matplotlib_is_missed_before_the_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    file = write(tmp_path / "a.toml")
    assert status_of(main, "ablate", "--config", file, "--out", tmp_path / "out") == 2
    assert_one_line(capsys.readouterr().err, "pip install 'trispike[bench]'")
    assert not (tmp_path / "out").exists()


def test_an_error_of_the_compiler_s_is_passed_on(tmp_path):
    with pytest.raises(InputError, match=r"^python -m compiler check none.pt: none.pt: no such"):
        ablation.run_python("compiler", "check", "none.pt")


def test_the_numbers_of_a_report():
    """fc1 has 16 updates an inference, fc2 three times as many: rates weigh 1 to 3."""
    kept = IntegerReport(checkpoint_sha256="0a", report=REPORT)
    found = ablation.result_of(cell(), {"test_accuracy": 0.25}, kept)
    assert (found.trained_accuracy, found.accuracy, found.predictions_equal) == (0.25, 0.5, 0.75)
    assert found.additions == 120.5
    assert found.firing_rate == pytest.approx((0.5 + 3 * 0.1) / 4)
    assert found.energy_ratio is found.entropy_bits is None
    more = {"energy": {"total": {"ratio": 0.125}}, "entropy_bits": {"fc1": 1.0, "fc2": 0.6}}
    kept = IntegerReport(checkpoint_sha256="0a", report={**REPORT, **more})
    found = ablation.result_of(cell(), {"test_accuracy": 0.25}, kept)
    assert (found.energy_ratio, found.entropy_bits) == (0.125, pytest.approx(0.7))


def made(accuracies, ratios, **changes) -> list[Result]:
    return [
        Result(
            cell=cell(seed, **changes), checkpoint_sha256="0a", trained_accuracy=accuracy,
            accuracy=accuracy / 2, predictions_equal=1 - accuracy / 10, additions=1000 * seed,
            firing_rate=0.1, energy_ratio=ratio, entropy_bits=None,
        )
        for seed, (accuracy, ratio) in enumerate(zip(accuracies, ratios, strict=True))
    ]  # fmt: skip


def test_rows_over_seeds_and_the_table():
    results = made([0.6, 0.7, 0.8], [0.25, 0.5, 0.75]) + made([0.9], [0.5], timesteps=2)
    three, one = ablation_report.rows_of(results)
    assert (three.timesteps, three.seeds) == (1, [0, 1, 2])
    assert three.trained_accuracy == Spread(pytest.approx(0.7), pytest.approx(0.1))
    assert three.accuracy == Spread(pytest.approx(0.35), pytest.approx(0.05))
    assert three.additions == Spread(1000, 1000)
    assert three.predictions_equal == pytest.approx(0.92)
    assert three.energy_ratio == Spread(0.5, 0.25)
    assert three.entropy_bits is None
    assert (one.timesteps, one.trained_accuracy) == (2, Spread(0.9, None))
    heading, _, heads, _, *lines = ablation_report.markdown(
        Ablation(trained_on="digits/validation", integers_on="digits/test", results=results)
    ).splitlines()
    assert "as trained on digits/validation, of the integers and all else on digits/test" in heading
    assert "energy" in heads and "entropy" not in heads
    assert lines == [
        "| ternary | 1 | 8 | 3 | 70.00 ± 10.00% | 35.00 ± 5.00% | 92.00% | 10.0 ± 0.0% "
        "| 1,000 ± 1,000 | 0.500 ± 0.250 |",
        "| ternary | 2 | 8 | 1 | 90.00% | 45.00% | 91.00% | 10.0% | 0 | 0.500 |",
    ]


def test_a_figure_that_a_run_lacks_has_no_mean():
    (row,) = ablation_report.rows_of(made([0.6, 0.7], [0.25, None]))
    assert row.energy_ratio is None
