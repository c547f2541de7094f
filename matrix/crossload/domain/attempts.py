"""What the probe records of an attempt, and how its end is told."""


def crash_message(signal: str | None, stderr: str) -> str:
    """One text for a child that died: what ended it, and what it printed last."""
    tail = "\n".join(stderr.strip().splitlines()[-12:])
    return f"the process ended early: {signal or 'without a signal'}" + (f"\n{tail}" if tail else "")
