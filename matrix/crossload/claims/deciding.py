"""Counts what the cells say of each claim."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crossload.claims.catalogue import CLAIMS, Claim
from crossload.claims.deciders import Beside
from crossload.claims.evidence import Evidence
from crossload.domain.cells import CellName, CellRow
from crossload.domain.verdicts import LOADS

HOLDS, DOES_NOT_HOLD, MIXED, NOT_RUN = "holds", "fails", "mixed", "not-run"

# Cells that a claim names as examples.
_SHOWN = 6


@dataclass(frozen=True)
class Decided:
    """A claim, and what the cells say of it."""

    claim: Claim
    supporting: tuple[CellRow, ...]
    contradicting: tuple[CellRow, ...]
    beside: Beside | None = None

    @property
    def verdict(self) -> str:
        kinds = {self._judge(*counts) for counts in self.kinds().values()}
        return NOT_RUN if not kinds else kinds.pop() if len(kinds) == 1 else MIXED

    def _judge(self, votes: int, against: int) -> str:
        if self.claim.compares and votes != against:
            return HOLDS if votes > against else DOES_NOT_HOLD
        return HOLDS if not against else DOES_NOT_HOLD if not votes else MIXED

    def kinds(self) -> dict[str, tuple[int, int]]:
        """Cells for and against by their kind; one kind for all where the claim does not tell them apart."""
        apart = self.claim.apart or (lambda row: "")
        votes, against = (Counter(map(apart, rows)) for rows in (self.supporting, self.contradicting))
        if self.beside is not None and (self.beside.supporting or self.beside.contradicting):
            votes[""] += self.beside.supporting
            against[""] += self.beside.contradicting
        return {kind: (votes[kind], against[kind]) for kind in sorted({*votes, *against})}

    @property
    def numbers(self) -> str:
        """The count, what speaks against it, and what was not decided."""
        votes, total = len(self.supporting), len(self.supporting) + len(self.contradicting)
        if not total:
            parts = ["No cell of this run bears on it.", self.claim.takes, self.claim.note, self._said_beside]
            return " ".join(part for part in parts if part)
        parts = [f"True in {votes:,} of {total:,} {self.claim.said}."]
        if self.claim.apart:
            each = (f"{mine:,} of {mine + others:,} {kind}" for kind, (mine, others) in self.kinds().items())
            parts.append(f"That is {', '.join(each)}.")
        against = Counter(self.claim.otherwise or _what_happened(row) for row in self.contradicting)
        if against:
            parts.append("Otherwise: " + ", ".join(f"{count:,} {what}" for what, count in against.most_common(4)) + ".")
        return " ".join([*parts, *filter(None, (self.claim.note, self._said_beside))])

    @property
    def _said_beside(self) -> str:
        return self.beside.text if self.beside is not None else ""

    def to_dict(self) -> dict[str, Any]:
        """What the report shows: the cells against come first, since one is enough to refute."""
        many = _SHOWN - 2
        ordered = [
            *(*self.contradicting[:many], *self.supporting[:2]),
            *(*self.contradicting[many:], *self.supporting[2:]),
        ]
        return {
            "id": self.claim.id,
            "question": self.claim.question,
            "sentence": self.claim.sentence,
            "verdict": self.verdict,
            "numbers": self.numbers,
            "cells": [CellName.of(row)._asdict() for row in ordered[:_SHOWN]],
            "decided": len(self.supporting) + len(self.contradicting),
        }


def _what_happened(row: CellRow) -> str:
    """An attempt's error or outcome, or a cell's; claims put the attempt's row in the cell's place where it decides."""
    if row.get("error_type") and (row.get("outcome") or row["verdict"]) not in ("loaded", *LOADS):
        return str(row["error_type"])
    return str(row.get("outcome") or row["verdict"])


def decide_all(rows: Iterable[CellRow], attempts: Iterable[CellRow]) -> list[Decided]:
    """Every claim, decided by the rows of ``results.csv`` and ``attempts.csv``."""
    evidence = Evidence(rows, attempts)
    return [decide(claim, evidence) for claim in CLAIMS]


def decide(claim: Claim, evidence: Evidence) -> Decided:
    """One claim, decided."""
    voices = list(claim.decide(evidence))
    return Decided(
        claim,
        tuple(row for row, votes in voices if votes),
        tuple(row for row, votes in voices if not votes),
        claim.beside() if claim.beside is not None else None,
    )
