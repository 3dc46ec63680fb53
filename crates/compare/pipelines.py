"""datatrove's pipeline of MinHash in its four steps, on this machine: JSON lines to cleaned ones.

    python pipelines.py corpus.jsonl folder workers

Its words are those of its tokeniser for English, and it compares nothing: what stands in one bucket
is taken to be alike.
"""

from __future__ import annotations

import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter


def main() -> None:
    """Runs the steps one after another."""
    corpus, folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    config = MinhashConfig(n_grams=5, num_buckets=16, hashes_per_bucket=8)
    at = {name: str(folder / name) for name in ("signatures", "buckets", "gone", "clean")}
    # A file is read by one task.
    reader = JsonlReader(str(corpus.parent), glob_pattern=corpus.name)
    steps = [
        (1, [reader, MinhashDedupSignature(output_folder=at["signatures"], config=config)]),
        (
            16,
            [
                MinhashDedupBuckets(
                    input_folder=at["signatures"], output_folder=at["buckets"], config=config
                )
            ],
        ),
        (
            1,
            [
                MinhashDedupCluster(
                    input_folder=at["buckets"], output_folder=at["gone"], config=config
                )
            ],
        ),
        (
            1,
            [
                reader,
                MinhashDedupFilter(input_folder=at["gone"]),
                JsonlWriter(at["clean"], output_filename="${rank}.jsonl", compression=None),
            ],
        ),
    ]
    for number, (tasks, pipeline) in enumerate(steps):
        LocalPipelineExecutor(
            pipeline=pipeline,
            tasks=tasks,
            workers=min(workers, tasks),
            logging_dir=str(folder / f"log{number}"),
        ).run()


if __name__ == "__main__":
    main()
