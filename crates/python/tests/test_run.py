"""Runs: signals, progress, threads, processes."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import doublet


def heavy(documents: int) -> list[str]:
    """Texts of few words in any order: nothing but coincidences, which take long."""
    chance = random.Random(7)
    words = [f"word{n}" for n in range(60)]
    return [" ".join(chance.choices(words, k=400)) for _ in range(documents)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("threads", [1, 0])
def test_an_interrupt_stops_a_run(threads: int) -> None:
    texts = heavy(8000)
    sent: list[float] = []

    def interrupt() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    # In the midst of the longest stage, whose length depends on the machine.
    timer = threading.Timer(0.05, interrupt)

    def tell(progress: doublet.Progress) -> None:
        if progress.stage == "links" and timer.ident is None:
            timer.start()

    with pytest.raises(KeyboardInterrupt):
        doublet.find(texts, sensitivity="high", threads=threads, progress=tell)
    waited = time.monotonic() - sent[0]
    # Half a second is measured by the benchmark, on a quiet machine.
    print(f"stopped after {waited:.2f} s")
    assert waited < 10
    # Nothing is left over that would hold the next run up.
    assert len(doublet.find(texts[:3]).documents) == 3


@pytest.mark.parametrize("stage", ["tokens", "documents", "links", "alignments", "report"])
def test_what_progress_raises_stops_the_run(stage: str) -> None:
    class Enough(Exception):
        pass

    def tell(progress: doublet.Progress) -> None:
        if progress.stage == stage:
            raise Enough

    with pytest.raises(Enough):
        doublet.find(heavy(20), progress=tell)


def test_progress_names_every_stage() -> None:
    seen: list[doublet.Progress] = []
    texts = ["one two three four five six seven eight nine"] * 2
    doublet.find(texts, progress=seen.append)
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["tokens", "documents", "links", "alignments", "passages", "report"]
    seen.clear()
    with open("text.txt", "w", encoding="utf-8") as file:
        file.write("a text")
    doublet.dedup(doublet.read("text.txt", progress=seen.append), progress=seen.append)
    assert seen[0].stage == "reading" and seen[0].total == 6
    assert seen[-1].stage == "cleaning"
    threads = set()
    doublet.find(texts, progress=lambda _: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_progress_with_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    doublet.find(["a text", "a text"], progress=True)
    assert "tokens" in capsys.readouterr().err


def test_other_threads_go_on() -> None:
    texts = heavy(150)
    turns = 0
    done = threading.Event()

    def count() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        doublet.find(texts, threads=1)
    finally:
        done.set()
        counter.join()
    assert turns > 3


def test_many_threads_at_once() -> None:
    texts = heavy(30)
    alone = doublet.find(texts, threads=1)
    sketcher = doublet.Sketcher(sketch_size=16)

    def work(number: int) -> Any:
        report = doublet.find(texts, threads=1 + number % 2)
        return (
            [passage.text for passage in report.passages],
            [passage.members[0].start for passage in alone.passages],
            sketcher.sketch(texts).to_pylist(),
        )

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(16)))
    assert all(result == results[0] for result in results)


def in_a_child(answers: Any) -> None:
    report = doublet.find(["one two three four five six seven eight"] * 2)
    sketches = doublet.Sketcher(sketch_size=16, threads=2).sketch(["a b c"] * 100)
    answers.put((len(report.passages), len(sketches)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_forked_after_a_run_can_run() -> None:
    doublet.find(heavy(10))
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=in_a_child, args=(answers,))
    child.start()
    try:
        assert answers.get(timeout=60) == (1, 100)
    finally:
        child.kill()
        child.join()


def test_options_out_of_range_are_named() -> None:
    for options, message in [
        ({"threshold": 0.0}, "a threshold of 0"),
        ({"shingle_size": 65}, "a shingle size of 65"),
        ({"containment": 2.0}, "a containment of 2"),
        ({"keep": "best"}, "the keep policy \"best\""),
        ({"linkage": "loose"}, "linkage=\"loose\""),
        ({"min_words": 2}, "passages of 2 words"),
        ({"sensitivity": "extreme"}, "sensitivity=\"extreme\""),
        ({"min_identity": 1.5}, "a lowest identity of 1.5"),
        ({"only": "both"}, "only=\"both\""),
    ]:
        with pytest.raises(doublet.ConfigError, match=message):
            doublet.find(["a"], **options)  # type: ignore[arg-type]
    with pytest.raises(doublet.Error) as caught:
        doublet.find(["a"], threshold=2)
    assert isinstance(caught.value, ValueError)
