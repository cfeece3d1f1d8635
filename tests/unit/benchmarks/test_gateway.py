"""A benchmark in miniature: the real gateway, every mode, and a ledger that agrees with what was shown."""

from benchmarks import matrix


def test_every_mode_runs_clean_and_the_books_agree():
    plan = matrix.Plan(
        servers=("sqlite",), windows=(2,), connections=2, warm_up_s=0.05, seconds=0.2, phones=5
    )
    outcome = matrix.run(plan, progress=lambda text: None)
    assert outcome.failures == []
    assert [cell.mode for cell in outcome.cells] == list(matrix.MODES)
    assert all(cell.units_per_s > 0 and not cell.errors for cell in outcome.cells)
    ussd = outcome.cells[1]
    assert set(ussd.latencies) == {"submit_sm", "screen", "dialogue"}
    assert ussd.latencies["dialogue"]["p50_ms"] > ussd.latencies["screen"]["p50_ms"]
    [report] = outcome.audits
    assert report.sound
    assert report.shown > 10
