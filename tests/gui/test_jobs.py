from __future__ import annotations

import threading

import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.gui.jobs import Jobs


@pytest.fixture
def jobs(qapp):
    made = Jobs()
    yield made
    made.close()


def test_a_result_comes_back_in_the_thread_of_the_window(jobs, qtbot):
    threads = []
    job = jobs.start("Work", lambda job: threading.current_thread())
    job.finished.connect(lambda thread: threads.extend([thread, threading.current_thread()]))
    with qtbot.waitSignal(job.ended):
        assert jobs.running == [job]
    assert threads[0] is not threads[1]
    assert threads[1] is threading.main_thread()
    assert jobs.running == []
    assert job.done


def test_an_error_comes_back_as_it_was(jobs, qtbot):
    def work(job):
        raise DataError("wine.csv", "must exist")

    with qtbot.waitSignal(jobs.start("Work", work).failed) as failed:
        pass
    assert failed.args[0].parameter == "wine.csv"


def test_a_cancelled_job_throws_its_result_away(jobs, qtbot):
    gate = threading.Event()
    results = []

    def work(job):
        gate.wait()
        return "too late"

    job = jobs.start("Work", work, finished=results.append)
    job.cancel()
    with qtbot.waitSignals([job.cancelled, job.ended]):
        gate.set()
    assert results == []


def test_a_job_stops_between_two_pieces_when_cancelled(jobs, qtbot):
    gate = threading.Event()
    pieces = []

    def work(job):
        for piece in range(3):
            job.check()
            pieces.append(piece)
            gate.wait()

    job = jobs.start("Work", work)
    qtbot.waitUntil(lambda: pieces == [0])
    job.cancel()
    with qtbot.waitSignal(job.cancelled):
        gate.set()
    assert pieces == [0]


def test_progress_is_told(jobs, qtbot):
    gate = threading.Event()

    def work(job):
        gate.wait()
        job.tell(0.5, "half")

    job = jobs.start("Work", work)
    with qtbot.waitSignal(job.progressed) as told:
        gate.set()
    assert told.args == [0.5, "half"]


def test_closing_cancels_and_waits(qapp):
    jobs = Jobs()
    gate = threading.Event()

    def work(job):
        while not job.is_cancelled:
            gate.wait(0.001)

    job = jobs.start("Work", work)
    jobs.close()
    assert jobs.running == []
    assert job.join(0)
