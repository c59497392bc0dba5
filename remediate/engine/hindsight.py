"""Hindsight: what was sent before the run broke is looked for on the host, and in the end taken as it is."""

from remediate.engine.context import Context
from remediate.engine.rewinding import rewind


def look_back(context: Context) -> None:
    """Find out, once in a play, what an earlier part of the run has made before it broke.

    Raises:
        TaskFailed, Unreachable: if the host cannot be asked.
    """
    memory = context.memory
    if memory.rewound is None and not context.setting.dry_run:
        sent = context.past.sent.get(memory.name, ())
        memory.rewound = rewind(
            memory.state, [each for each in sent if each.step[0] == context.setting.number]
        )


def give_up(context: Context) -> None:
    """See the host as it is from here on: what was made is known, and tasks decide anew."""
    memory, rewound = context.memory, context.memory.rewound
    if not rewound:
        return
    memory.state.foreseen_until(rewound.marks[-1])
    memory.state.forget_all()
    for each in rewound.changes:
        context.found_made(each)
    rewound.changes.clear()
