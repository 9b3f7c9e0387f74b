"""What the page says of the reference vectors is what the golden model makes of them."""

import dataclasses

import numpy as np

from hw_models.engines import golden
from hw_models.folder import reference_vectors
from hw_models.report.page import measured
from hw_models.report.page.measured import affordable
from hw_models.report.page.samples import EACH, gallery
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved, saved_build


def test_a_row_of_the_confusion_is_a_class_and_a_column_a_prediction(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    predictions = golden.run(build, vectors.x).predictions
    for trained in (vectors.predictions, (vectors.predictions + 1) % 4):
        found = measured.measured(build, dataclasses.replace(vectors, predictions=trained), None)
        counts = found.confusion
        for true, predicted in np.ndindex(counts.shape):
            both = (vectors.labels == true) & (predictions == predicted)
            assert counts[true, predicted] == np.count_nonzero(both)
        assert counts.sum() == 40 and not found.kept
        assert found.evaluation.accuracy == np.trace(counts) / 40


def test_a_page_measures_fewer_samples_of_a_larger_network(monkeypatch):
    build = random_build(6, encoding="static", widths=[9, 7, 4])
    additions = build.dataflow.timesteps * (9 * 7 + 7 * 4)
    assert affordable(build, 10**6) == measured.MOST
    assert affordable(build, 5) == 5
    monkeypatch.setattr(measured, "BUDGET", 100 * additions)
    assert affordable(build, 10**6) == 100
    monkeypatch.setattr(measured, "BUDGET", additions)
    assert affordable(build, 10**6) == measured.LEAST


def test_the_gallery_shows_each_class_and_what_went_wrong(tmp_path):
    build = saved(tmp_path / "b", random_build(6, encoding="static", widths=[9, 7, 4]), 60)
    vectors = reference_vectors.load(build)
    samples = gallery(build, vectors, measured.measured(build, vectors, None))
    trace = golden.run(build, vectors.x)
    for sample in samples:
        assert sample.predicted == trace.predictions[sample.number]
        assert sample.label == vectors.labels[sample.number]
        best, *others = sorted(trace.logits[sample.number].tolist(), reverse=True)
        assert sample.margin == best - others[0]
    right = [sample.label for sample in samples if sample.right]
    known = vectors.labels[trace.predictions == vectors.labels]
    assert sorted(right) == sorted(set(known.tolist()))
    wrong = [sample.number for sample in samples if not sample.right]
    assert wrong == np.flatnonzero(trace.predictions != vectors.labels)[:EACH].tolist()
