"""
What is known not to hold, and is excused until it does.

Each excuse has a night in ``tests/simulation/test_known.py`` that shows it; that test fails when
the night is well, and the excuse goes then.
"""

from __future__ import annotations

from simulation.record import HubTask, Record, ToldOutcome


def is_forgotten(record: Record, task: HubTask) -> bool:
    """
    Whether a run that was to build again has forgotten a task of a run before, which had ended.

    Nobody is told of what such a task has built, when the run that made it was killed before it
    could record it; and the image stays in the compose, where it was placed already.
    """
    return task.slot is not None and any(
        run.rebuild != "nothing" and run.began > task.created
        for run in record.runs_of(task.slot.compose)
    )


def is_half_placed(outcome: ToldOutcome) -> bool:
    """
    Whether a task for several arches may have failed with the image of one in its place.

    It stays there, unrecorded, for the next run, which takes it; nobody is told of it.
    """
    return outcome.kind != "built" and len(outcome.slot.arches) > 1
