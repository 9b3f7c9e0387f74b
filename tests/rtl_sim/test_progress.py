"""Without a terminal a long command says in lines how far it is."""

from rtl_sim import progress


def test_a_line_now_and_then(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.samples("cifar10 in verilator", 10_000) as advance:
        for seconds, samples in ((59, 100), (60, 1_000), (61, 10), (119, 10), (121, 4_000)):
            now[0] = float(seconds)
            advance(samples)
    assert capsys.readouterr().err.splitlines() == [
        "cifar10 in verilator: 1,100 of 10,000 samples, 1 min",
        "cifar10 in verilator: 5,120 of 10,000 samples, 2 min",
    ]
